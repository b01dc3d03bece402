"""Clients that prove themselves with a signed assertion (RFC 7523, OpenID Connect Core §9)."""

from __future__ import annotations

import logging
import time
from typing import Any

import pytest
from django.utils import timezone
from jwcrypto import jwk

from oidc_clients.models import Client, ClientAssertion, Grant
from oidc_clients.services import endpoints
from tests.support import jwt_mutations, racing
from tests.support.jwt_mutations import ABSENT, Genuine
from tests.support.oidc_protocol.assertions import (
    KEY,
    OTHERS,
    TYPE,
    ask_with,
    assertion,
    is_accepted,
    key_client,
    public,
)
from tests.support.oidc_protocol.factories import ISSUER, SECRET, basic, code_for, make_client, make_member, post_form

pytestmark = pytest.mark.django_db


# D05
def test_a_signed_assertion_redeems_a_code_once() -> None:
    client, member = key_client(), make_member()
    code = code_for(member, client)
    token = assertion().signed()
    first = ask_with(token, code=code)
    assert first.status_code == 200, first.content
    replayed = ask_with(token, code=code_for(member, client))
    assert replayed.status_code == 401
    assert replayed.json()["error"] == "invalid_client"
    assert Grant.objects.filter(used_at=None).count() == 1
    assert ask_with(assertion().signed(), client_id="app").json()["error"] == "invalid_grant"


@pytest.mark.parametrize("alg", ["RS256", *OTHERS])
def test_each_advertised_algorithm_works(alg: str) -> None:
    key = OTHERS.get(alg, KEY)
    key_client(jwks=public(KEY, *OTHERS.values()))
    assert is_accepted(assertion(key=key, alg=alg).signed())
    assert is_accepted(Genuine(assertion().claims, key, alg, typ=None).signed())


# D05, D06, G07, G08, V31, V50, V51, V52
def test_no_spoiled_assertion_is_accepted() -> None:
    key_client()
    genuine = assertion()
    assert jwt_mutations.accepted(jwt_mutations.forgeries(genuine), is_accepted) == []
    assert jwt_mutations.accepted(jwt_mutations.other_types(genuine), is_accepted) == []
    spoiled = jwt_mutations.wrong_claims(genuine, required=("iss", "sub", "aud", "exp", "jti"), now=time.time())
    assert jwt_mutations.accepted(spoiled, is_accepted) == []
    # None of them used the jti up.
    assert is_accepted(genuine.signed())


# D06, G07
@pytest.mark.parametrize("alg", ["ES256", "EdDSA"])
def test_no_spoiled_assertion_of_another_kind_of_key_is_accepted(alg: str) -> None:
    key_client(jwks=public(KEY, *OTHERS.values()))
    genuine = assertion(key=OTHERS[alg], alg=alg)
    assert jwt_mutations.accepted(jwt_mutations.forgeries(genuine), is_accepted) == []
    assert is_accepted(genuine.signed())


# D05
@pytest.mark.parametrize(
    "aud",
    [
        [ISSUER],
        [ISSUER, "https://other.example"],
        [f"{ISSUER}/api/oidc/token"],
        f"{ISSUER}/",
        f"{ISSUER}/api/oidc/token/",
        f"{ISSUER}/api/oidc/par",
        "https://other.example/api/oidc/token",
        ISSUER.upper(),
        "app",
        None,
    ],
)
def test_audience_is_the_issuer_or_the_token_endpoint_as_one_text(aud: Any) -> None:
    key_client()
    assert not is_accepted(assertion(aud=aud).signed())
    assert is_accepted(assertion(aud=ISSUER).signed())
    assert is_accepted(assertion(aud=f"{ISSUER}/api/oidc/token").signed())


# D05
def test_audience_may_be_the_endpoint_that_is_asked(settings: Any) -> None:
    settings.HEARTHKEY_OIDC_CLIENTS_INTERNAL_URL = "http://hearthkey:1411"
    audiences = endpoints.assertion_audiences("hearthkey_oidc_clients:par")
    token, par = (f"http://hearthkey:1411/api/oidc/{name}" for name in ("token", "par"))
    assert audiences == {ISSUER, token, par}
    assert endpoints.assertion_audiences("") == {ISSUER, token}


# D05
@pytest.mark.parametrize(
    ("changes", "fits"),
    [
        ({"exp": 300}, True),
        ({"exp": 290.5}, True),
        ({"exp": -10}, True),
        ({"exp": -31}, False),
        ({"exp": 3600}, False),
        ({"exp": 335}, False),
        ({"nbf": 20}, True),
        ({"nbf": 60}, False),
        ({"iat": 20}, True),
        ({"iat": 60}, False),
        ({"iat": -3600}, True),
        ({"iat": None}, True),
    ],
)
def test_times_are_short_and_forgive_a_clock_that_is_a_little_wrong(changes: dict[str, Any], fits: bool) -> None:
    key_client()
    now = time.time()
    claims = {name: ABSENT if value is None else now + value for name, value in changes.items()}
    assert is_accepted(assertion().with_claims(**claims)) is fits


@pytest.mark.parametrize("name", ["iat", "nbf", "exp"])
@pytest.mark.parametrize("value", ["1", True, [], {}, None, "x"])
def test_times_are_numbers(name: str, value: Any) -> None:
    key_client()
    genuine = assertion()
    assert not is_accepted(genuine.signed({**genuine.claims, name: value}))


def test_one_jti_is_used_up_for_its_own_client_only() -> None:
    key_client()
    other = jwk.JWK.generate(kty="RSA", size=2048, kid="other-1")
    key_client(client_id="other", jwks=public(other))
    assert is_accepted(assertion(jti="one").signed())
    assert not is_accepted(assertion(jti="one").signed())
    assert is_accepted(assertion("other", key=other, jti="one").signed())
    # A client can't sign for another.
    assert not is_accepted(assertion("other").signed())
    assert not is_accepted(assertion("app", key=other).signed())
    assert ClientAssertion.objects.count() == 2
    assert all(row.expires_at > timezone.now() for row in ClientAssertion.objects.all())


# D03
def test_the_chosen_method_is_the_only_one() -> None:
    client = make_client(authentication_method="private_key_jwt", jwks=public(KEY))
    for form, headers in (
        ({"client_id": "app", "client_secret": SECRET}, {}),
        ({}, {"authorization": basic("app", SECRET)}),
    ):
        refused = post_form("/api/oidc/token", {"grant_type": "refresh_token", "refresh_token": "x", **form}, headers)
        assert refused.status_code == 401
        assert "private_key_jwt" in refused.json()["error_description"]
    assert is_accepted(assertion().signed())
    for method, works in (
        ("client_secret_basic", (True, False, False)),
        ("client_secret_post", (False, True, False)),
        ("", (True, True, True)),
    ):
        Client.objects.update(authentication_method=method)
        base = {"grant_type": "refresh_token", "refresh_token": "x"}
        got = (
            post_form("/api/oidc/token", base, {"authorization": basic("app", SECRET)}),
            post_form("/api/oidc/token", {**base, "client_id": "app", "client_secret": SECRET}),
            ask_with(assertion().signed()),
        )
        assert tuple(response.json()["error"] == "invalid_grant" for response in got) == works, method
    Client.objects.filter(pk=client.pk).update(client_type="public")
    assert not is_accepted(assertion().signed())


# D03
def test_two_methods_at_once_are_refused() -> None:
    make_client(jwks=public(KEY))
    token = assertion().signed()
    assert ask_with(token, client_id="app", client_secret=SECRET).json()["error"] == "invalid_request"
    body = {
        "grant_type": "refresh_token",
        "refresh_token": "x",
        "client_assertion": token,
        "client_assertion_type": TYPE,
    }
    both = post_form("/api/oidc/token", body, {"authorization": basic("app", SECRET)})
    assert both.json()["error"] == "invalid_request"
    assert ask_with(token, client_id="other").status_code == 401
    assert ask_with(token, client_assertion_type="").status_code == 401
    assert (
        ask_with(token, client_assertion_type="urn:ietf:params:oauth:client-assertion-type:saml2-bearer").status_code
        == 401
    )
    assert ask_with("", client_assertion=" ").status_code == 401
    # None of it used the assertion up.
    assert is_accepted(token)


@pytest.mark.parametrize(
    "change",
    [
        {"use": "enc"},
        {"alg": "PS256"},
        {"kid": "another"},
        {"kty": "EC"},
        {"n": "AQAB"},
        {"n": 5},
        {"n": "%%%"},
        {"n": None},
    ],
)
def test_a_key_for_something_else_signs_nothing(change: dict[str, Any]) -> None:
    found = {**public(KEY)["keys"][0], **change}
    key_client(jwks={"keys": [found]})
    assert not is_accepted(assertion().signed())
    Client.objects.update(jwks=public(KEY))
    assert is_accepted(assertion().signed())


@pytest.mark.parametrize("jwks", [None, {}, [], {"keys": None}, {"keys": ["x", 7, None]}, "x", {"keys": [[]]}])
def test_odd_key_sets_hold_no_key(jwks: Any) -> None:
    key_client(jwks=jwks)
    assert not is_accepted(assertion().signed())


def test_without_a_kid_the_key_must_be_the_only_one() -> None:
    key_client()
    assert is_accepted(assertion().with_header(kid=None))
    Client.objects.update(jwks=public(KEY, OTHERS["PS256"]))
    assert not is_accepted(assertion().with_header(kid=None))
    assert is_accepted(assertion().signed())


# G08, V52
def test_a_huge_assertion_costs_little() -> None:
    key_client()
    for size in (9_000, 1_000_000):
        started = time.monotonic()
        response = ask_with("A" * size)
        assert response.status_code == 400
        assert time.monotonic() - started < 0.5


@pytest.mark.parametrize("sub", ["x\x00", "\ud800", "x" * 129, "", "a\nb", 7, None, ["app"]])
def test_an_odd_subject_names_nobody(sub: Any) -> None:
    key_client()
    genuine = assertion()
    assert not is_accepted(genuine.signed({**genuine.claims, "sub": sub, "iss": sub}))
    assert not is_accepted(assertion(jti="x" * 513).signed())
    assert is_accepted(assertion(jti="\ud800 \x00 odd").signed())


# D07
def test_no_assertion_reaches_the_log(caplog: pytest.LogCaptureFixture) -> None:
    key_client()
    with caplog.at_level(logging.DEBUG):
        good, bad = assertion().signed(), assertion().with_claims(aud="canary")
        is_accepted(good)
        is_accepted(good)
        is_accepted(bad)
    logged = "\n".join(f"{record.getMessage()} {record.args}" for record in caplog.records)
    assert "assertion_replayed" in logged
    assert "assertion_audience" in logged
    for value in (good, bad, good.split(".")[1], good.split(".")[2], "canary"):
        assert value not in logged


@pytest.mark.django_db(transaction=True)
def test_of_twenty_uses_of_one_assertion_one_counts() -> None:
    key_client()
    token = assertion().signed()
    answers = racing.at_once([lambda: is_accepted(token)] * 20)
    assert answers.count(True) == 1

"""Clients that prove themselves with a signed assertion (RFC 7523, OpenID Connect Core §9)."""

from __future__ import annotations

import http.server
import json
import logging
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from jwcrypto import jwk

from oidc_clients.models import Client, ClientAssertion, ClientKeySet, Grant
from tests import jwt_mutations, racing
from tests.jwt_mutations import ABSENT, Genuine
from tests.oidc_protocol.factories import (
    CALLBACK,
    ISSUER,
    SECRET,
    VERIFIER,
    basic,
    code_for,
    make_client,
    make_member,
    post_form,
)

pytestmark = pytest.mark.django_db
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KEY = jwk.JWK.generate(kty="RSA", size=2048, kid="rsa-1")
OTHERS = {
    "PS256": jwk.JWK.generate(kty="RSA", size=2048, kid="rsa-2"),
    "ES256": jwk.JWK.generate(kty="EC", crv="P-256", kid="ec-1"),
    "EdDSA": jwk.JWK.generate(kty="OKP", crv="Ed25519", kid="ed-1"),
}


def public(*keys: jwk.JWK) -> dict[str, Any]:
    return {"keys": [json.loads(key.export_public()) for key in keys]}


def assertion(client_id: str = "app", key: jwk.JWK = KEY, alg: str = "RS256", **claims: Any) -> Genuine:
    now = int(time.time())
    return Genuine(
        claims={
            "iss": client_id,
            "sub": client_id,
            "aud": ISSUER,
            "iat": now,
            "exp": now + 60,
            "jti": str(uuid.uuid4()),
            **claims,
        },
        key=key,
        alg=alg,
    )


def key_client(**fields: Any) -> Client:
    fields = {"authentication_method": "private_key_jwt", "jwks": public(KEY), **fields}
    client = make_client(**fields)
    client.secrets.all().delete()
    return client


def ask_with(token: str, **form: str) -> Any:
    """A token request that is right but for its code, so that a client that proved itself gets invalid_grant."""
    sent = {
        "grant_type": "authorization_code",
        "code": "no-such-code",
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        "client_assertion_type": TYPE,
        "client_assertion": token,
        **form,
    }
    return post_form("/api/oidc/token", {name: value for name, value in sent.items() if value})


def is_accepted(token: str) -> bool:
    response = ask_with(token)
    assert response.status_code in (400, 401), response.content
    assert response.headers["Content-Type"] == "application/json"
    return bool(response.json()["error"] == "invalid_grant")


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
    [[ISSUER], [ISSUER, "https://other.example"], f"{ISSUER}/", f"{ISSUER}/api/oidc/token", ISSUER.upper(), "app"],
)
def test_the_audience_is_the_issuer_as_one_text(aud: Any) -> None:
    key_client()
    assert not is_accepted(assertion(aud=aud).signed())
    assert is_accepted(assertion(aud=ISSUER).signed())


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


class KeyServer:
    """A client's own server: serves its keys, and counts how often it is asked."""

    def __init__(self) -> None:
        self.document: Any = public(KEY)
        self.status = 200
        self.asked = 0
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked += 1
                body = json.dumps(server.document).encode()
                self.send_response(server.status)
                self.send_header("Content-Type", "application/jwk-set+json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.uri = f"http://127.0.0.1:{self._server.server_port}/jwks.json"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def key_server() -> Iterator[KeyServer]:
    server = KeyServer()
    yield server
    server.stop()


def older(**by: float) -> None:
    ClientKeySet.objects.update(fetched_at=timezone.now() - timedelta(**by))


def test_keys_are_fetched_and_kept_for_five_minutes(key_server: KeyServer) -> None:
    key_client(jwks=None, jwks_uri=key_server.uri, is_on_own_network=True)
    assert is_accepted(assertion().signed())
    assert is_accepted(assertion().signed())
    assert key_server.asked == 1
    older(minutes=4, seconds=50)
    assert is_accepted(assertion().signed())
    assert key_server.asked == 1
    older(minutes=5, seconds=1)
    assert is_accepted(assertion().signed())
    assert key_server.asked == 2


def test_an_unknown_key_is_asked_for_at_most_once_a_minute(key_server: KeyServer) -> None:
    key_client(jwks=None, jwks_uri=key_server.uri, is_on_own_network=True)
    assert is_accepted(assertion().signed())
    fresh = jwk.JWK.generate(kty="RSA", size=2048, kid="rsa-new")
    key_server.document = public(KEY, fresh)
    for _ in range(5):
        assert not is_accepted(assertion(key=fresh).signed())
    assert key_server.asked == 1
    older(minutes=1, seconds=1)
    assert is_accepted(assertion(key=fresh).signed())
    assert key_server.asked == 2
    for _ in range(3):
        assert not is_accepted(assertion(key=jwt_mutations.STRANGER).with_header(kid="nobody"))
    assert key_server.asked == 2


def test_a_key_that_is_withdrawn_is_refused_at_the_next_fetch(key_server: KeyServer) -> None:
    key_client(jwks=None, jwks_uri=key_server.uri, is_on_own_network=True)
    assert is_accepted(assertion().signed())
    key_server.document = public(OTHERS["ES256"])
    older(minutes=6)
    assert not is_accepted(assertion().signed())
    assert is_accepted(assertion(key=OTHERS["ES256"], alg="ES256").signed())


def test_a_server_that_is_down_keeps_the_keys_and_is_not_asked_at_every_request(key_server: KeyServer) -> None:
    key_client(jwks=None, jwks_uri=key_server.uri, is_on_own_network=True)
    key_server.status = 500
    for _ in range(3):
        assert not is_accepted(assertion().signed())
    assert key_server.asked == 1
    key_server.status = 200
    older(minutes=1, seconds=1)
    assert is_accepted(assertion().signed())
    key_server.status = 500
    older(minutes=6)
    assert is_accepted(assertion().signed())


# M06
def test_a_private_address_is_asked_only_when_the_operator_said_so(key_server: KeyServer) -> None:
    key_client(jwks=None, jwks_uri=key_server.uri)
    assert not is_accepted(assertion().signed())
    assert key_server.asked == 0
    Client.objects.update(is_on_own_network=True)
    older(minutes=2)
    assert is_accepted(assertion().signed())


@pytest.mark.parametrize("document", [[], {}, {"keys": "x"}, {"keys": [{"kid": "\x00", "kty": "RSA"}]}, "x", 7, None])
def test_odd_documents_are_no_keys(key_server: KeyServer, document: Any) -> None:
    key_server.document = document
    key_client(jwks=None, jwks_uri=key_server.uri, is_on_own_network=True)
    assert not is_accepted(assertion().signed())
    key_server.document = public(KEY)
    older(minutes=2)
    assert is_accepted(assertion().signed())


def test_private_parts_in_a_published_key_are_not_kept(key_server: KeyServer) -> None:
    key_server.document = {"keys": [json.loads(KEY.export_private())]}
    key_client(jwks=None, jwks_uri=key_server.uri, is_on_own_network=True)
    assert is_accepted(assertion().signed())
    assert "d" not in ClientKeySet.objects.get().keys[0]

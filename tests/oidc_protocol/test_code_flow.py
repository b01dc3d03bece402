"""From the authorization request to userinfo, as a client sees it."""

from __future__ import annotations

import base64
import hashlib
import time
from typing import Any

import pytest
from django.contrib.auth.models import Group

from oidc_clients.models import Consent, Interaction
from tests.support.oidc_protocol.factories import (
    ISSUER,
    answer_of,
    ask,
    browser,
    make_client,
    make_member,
    redeem,
    refresh,
    request_for,
    sign_in,
    signed_in,
    tokens_for,
    userinfo,
    verified_claims,
)

pytestmark = pytest.mark.django_db


def test_a_person_signs_in_agrees_and_is_sent_on_with_a_code() -> None:
    client, member, found = make_client(), make_member(), browser()
    response = ask(found, client)
    assert response.status_code == 303
    assert response.headers["Location"].startswith("/login?next=%2Fauthorize%3Finteraction%3D")
    interaction = Interaction.objects.get()
    sign_in(found, member)
    page = found.get("/authorize", {"interaction": str(interaction.pk)})
    assert page.status_code == 200
    for words in ("App will see", "Your name", "Your email address", "Continue", "Cancel", "Not you?"):
        assert words in page.content.decode()
    going_on = found.post(f"/authorize/{interaction.pk}/consent")
    # Decision 17: a form never ends in a redirect to the client.
    assert going_on.status_code == 200
    assert "form-action 'none'" in going_on.headers["Content-Security-Policy"]
    assert going_on.headers["Referrer-Policy"] == "no-referrer"
    assert going_on.headers["Cache-Control"] == "no-store"
    assert (
        '<meta http-equiv="refresh" content="0; url=https://app.example.test/callback?code='
        in going_on.content.decode()
    )
    answer = answer_of(going_on)
    assert answer["state"] == "a state"
    assert answer["iss"] == ISSUER
    assert redeem(client, answer["code"]).status_code == 200
    assert Consent.objects.get().scopes == ["openid", "profile", "email", "groups"]
    # The next time is one redirect.
    again = ask(found, client)
    assert again.status_code == 302
    assert answer_of(again)["code"]


# G01
def test_the_id_token_says_who_for_whom_and_how() -> None:
    client, member = make_client(), make_member()
    member.groups.add(Group.objects.create(name="family"))
    tokens = tokens_for(member, client)
    claims = verified_claims(tokens["id_token"])
    now = time.time()
    assert claims["iss"] == ISSUER
    assert claims["sub"] == str(member.pk)
    assert claims["aud"] == claims["azp"] == "app"
    assert claims["nonce"] == "n-1"
    assert claims["amr"] == ["phr", "user"]
    assert claims["acr"] == "phr"
    assert abs(claims["iat"] - now) < 10
    assert claims["exp"] > now
    assert abs(claims["auth_time"] - now) < 10
    half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
    assert claims["at_hash"] == base64.urlsafe_b64encode(half).rstrip(b"=").decode()
    assert claims["name"] == "Ada Lovelace"
    assert claims["groups"] == ["family"]
    assert claims["email_verified"] is False
    assert tokens["expires_in"] == 3600
    assert tokens["token_type"] == "Bearer"


def test_a_one_time_code_session_is_named_as_such_in_the_id_token() -> None:
    client, member = make_client(skip_authorization=True), make_member()
    code = answer_of(ask(signed_in(member, method="code"), client))["code"]
    claims = verified_claims(redeem(client, code).json()["id_token"])
    assert claims["amr"] == ["otp"]
    assert claims["acr"] == "0"


# G09
@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("openid", {"sub"}),
        ("openid email", {"sub", "email", "email_verified"}),
        ("openid groups", {"sub", "groups"}),
        ("openid profile", {"sub", "name", "given_name", "family_name", "preferred_username"}),
    ],
)
def test_userinfo_holds_what_the_scopes_open_and_nothing_else(scope: str, expected: set[str]) -> None:
    client, member = make_client(), make_member()
    answer = userinfo(tokens_for(member, client, scope=scope)["access_token"])
    assert answer.status_code == 200
    assert set(answer.json()) == expected
    assert answer.headers["Cache-Control"] == "no-store"


def test_without_openid_it_is_plain_oauth() -> None:
    client, member = make_client(), make_member()
    tokens = tokens_for(member, client, scope="profile")
    assert "id_token" not in tokens
    refused = userinfo(tokens["access_token"])
    assert refused.status_code == 403
    assert refused.json()["error"] == "insufficient_scope"
    assert 'error="insufficient_scope"' in refused.headers["WWW-Authenticate"]
    assert refused.headers["WWW-Authenticate"].endswith(', scope="openid"')


@pytest.mark.parametrize("scope", [None, "openid name sub email_verified unknown"])
def test_missing_and_unknown_scopes_are_no_error(scope: str | None) -> None:
    client, member = make_client(), make_member()
    tokens = tokens_for(member, client, scope=scope)
    assert tokens["scope"] == ("" if scope is None else "openid")


@pytest.mark.parametrize("state", [None, "s"])
def test_a_missing_or_short_state_is_accepted_and_never_invented(state: str | None) -> None:
    client, member = make_client(skip_authorization=True), make_member()
    answer = answer_of(ask(signed_in(member), client, state=state))
    assert answer.get("state") == state
    assert answer["code"]


def test_a_refresh_keeps_who_and_when_and_the_old_token_is_replaced() -> None:
    client, member = make_client(), make_member()
    tokens = tokens_for(member, client)
    answer = refresh(client, tokens["refresh_token"])
    assert answer.status_code == 200
    fresh = answer.json()
    assert fresh["refresh_token"] != tokens["refresh_token"]
    first, second = verified_claims(tokens["id_token"]), verified_claims(fresh["id_token"])
    for name in ("iss", "sub", "aud", "auth_time", "acr", "amr"):
        assert first[name] == second[name]
    assert userinfo(fresh["access_token"]).status_code == 200


def test_a_client_without_refresh_tokens_gets_none() -> None:
    client, member = make_client(issues_refresh_tokens=False), make_member()
    assert "refresh_token" not in tokens_for(member, client)


def test_a_posted_request_works_although_the_session_cookie_stays_behind() -> None:
    client, member = make_client(skip_authorization=True), make_member()
    found = signed_in(member, enforce_csrf_checks=True)
    elsewhere = browser(enforce_csrf_checks=True)
    response = elsewhere.post("/authorize", request_for(client))
    assert response.status_code == 303
    found.cookies.update(elsewhere.cookies)
    answer = found.get(response.headers["Location"])
    assert answer.status_code == 302
    assert answer_of(answer)["code"]


# H05
def test_the_issuer_never_comes_from_a_request() -> None:
    honest = browser().get("/.well-known/openid-configuration").json()
    spoofed = browser().get(
        "/.well-known/openid-configuration",
        headers={"x-forwarded-host": "evil.test", "x-forwarded-proto": "http", "forwarded": "host=evil.test"},
    )
    assert spoofed.json() == honest
    assert honest["issuer"] == ISSUER
    evil = browser().get("/.well-known/openid-configuration", headers={"host": "evil.test"})
    assert evil.status_code == 200
    assert evil.json() == honest


def test_discovery_points_at_this_site_and_at_the_internal_address_where_clients_call(settings: Any) -> None:
    settings.HEARTHKEY_OIDC_CLIENTS_INTERNAL_URL = "http://hearthkey.internal:1411"
    found = browser().get("/.well-known/openid-configuration").json()
    assert found["authorization_endpoint"] == f"{ISSUER}/authorize"
    assert found["token_endpoint"] == "http://hearthkey.internal:1411/api/oidc/token"
    assert found["userinfo_endpoint"] == "http://hearthkey.internal:1411/api/oidc/userinfo"
    assert found["jwks_uri"] == "http://hearthkey.internal:1411/.well-known/jwks.json"

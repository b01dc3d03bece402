from __future__ import annotations

import json
import time
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from jwcrypto import jwk, jwt

from accounts.models import User
from accounts.services.members import change_member, delete_member
from tests.support.oidc_clients import world
from tests.support.oidc_clients.world import FORM, RelyingParty


def claims_of(id_token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and claims, the signature checked with the published keys."""
    keys = jwk.JWKSet.from_json(Browser().get("/.well-known/jwks.json").content.decode())
    token = jwt.JWT(jwt=id_token, key=keys, algs=["RS256"])
    return json.loads(token.header), json.loads(token.claims)


def userinfo(access_token: str) -> Any:
    return Browser().get("/api/oidc/userinfo", headers={"authorization": f"Bearer {access_token}"})


def test_the_id_token_says_who_for_whom_and_when(app: RelyingParty, rose: User) -> None:  # G01
    browser = world.signed_in(rose, age=30)
    tokens = app.tokens(browser)
    header, claims = claims_of(tokens["id_token"])
    published = Browser().get("/.well-known/jwks.json").json()["keys"]
    assert header["alg"] == "RS256"
    assert header["kid"] in {key["kid"] for key in published}
    assert all(not {"d", "p", "q"} & set(key) for key in published)  # H06
    assert claims["iss"] == "http://localhost:1411"
    assert claims["sub"] == str(rose.pk)
    assert claims["aud"] == app.client_id
    assert claims["nonce"] == "the-nonce"
    assert 25 <= time.time() - claims["auth_time"] <= 40
    assert claims["acr"] == "phr"
    assert claims["amr"][:2] == ["phr", "user"]
    assert claims["sid"] == browser.session.sid
    assert claims["exp"] > time.time()
    assert claims["preferred_username"] == "rose"
    assert claims["email"] == "rose@example.org"
    assert claims["email_verified"] is True
    assert tokens["token_type"].lower() == "bearer"


def test_a_code_session_is_no_passkey_session(app: RelyingParty, rose: User) -> None:
    tokens = app.tokens(world.signed_in(rose, method="code"))
    claims = claims_of(tokens["id_token"])[1]
    assert claims["amr"] == ["otp"]
    assert claims["acr"] == "0"


@pytest.mark.parametrize("method", ["code", "setup", "device"])
@pytest.mark.parametrize(
    "adapter",
    ["config.wiring.adapters.authentication", "oidc_clients.adapters.authentication_of"],
    ids=["project", "app"],
)
def test_auth_time_is_when_this_session_began_whatever_its_member_does_elsewhere(
    app: RelyingParty, rose: User, method: str, adapter: str, settings: Any
) -> None:
    settings.HEARTHKEY_OIDC_CLIENTS_AUTHENTICATION = adapter
    began = time.time()
    browser = world.signed_in(rose, method=method)
    session = browser.session
    session["hearthkey_oidc_clients_signed_in_at"] -= 500
    session.save()
    first = claims_of(app.tokens(browser)["id_token"])[1]["auth_time"]
    assert int(began) - 501 <= first <= time.time() - 499
    # Signing in on another device renews the member's last_login, and nothing in this session.
    elsewhere = claims_of(app.tokens(world.signed_in(rose, method=method))["id_token"])[1]["auth_time"]
    assert elsewhere >= int(began)
    assert claims_of(app.tokens(browser)["id_token"])[1]["auth_time"] == first


def test_a_session_without_passkeys_is_as_old_as_its_own_sign_in(app: RelyingParty, rose: User, settings: Any) -> None:
    settings.HEARTHKEY_OIDC_CLIENTS_AUTHENTICATION = "oidc_clients.adapters.authentication_of"
    browser = world.signed_in(rose)
    session = browser.session
    del session["hearthkey_auth"]
    session["hearthkey_oidc_clients_signed_in_at"] -= 500
    session.save()
    world.signed_in(rose)
    assert "error=login_required" in app.authorize(browser, prompt="none", max_age="400").headers["Location"]
    app.code(browser)
    assert "code=" in app.authorize(browser, prompt="none", max_age="600").headers["Location"]


@pytest.mark.parametrize(
    ("scope", "present", "absent"),
    [
        ("openid", {"sub"}, {"email", "name", "groups"}),
        ("openid profile", {"name", "preferred_username", "given_name", "picture"}, {"email", "groups"}),
        ("openid email", {"email", "email_verified"}, {"name", "groups"}),
        ("openid groups unknown", {"groups"}, {"name", "email"}),
    ],
)
def test_claims_follow_the_scope(
    app: RelyingParty, rose: User, scope: str, present: set[str], absent: set[str]
) -> None:  # G09
    world.group("Family", rose)
    tokens = app.tokens(world.signed_in(rose), scope=scope)
    for claims in (userinfo(tokens["access_token"]).json(), claims_of(tokens["id_token"])[1]):
        assert present <= set(claims)
        assert not absent & set(claims)
        assert claims["sub"] == str(rose.pk)
    assert "family" in userinfo(app.tokens(world.signed_in(rose))["access_token"]).json()["groups"]


def test_userinfo_takes_header_and_form_but_never_the_address(app: RelyingParty, browser: Browser) -> None:  # G09
    token = app.tokens(browser)["access_token"]
    assert userinfo(token).status_code == 200
    assert "no-store" in userinfo(token).headers["Cache-Control"]  # B10
    posted = Browser().post("/api/oidc/userinfo", f"access_token={token}", content_type=FORM)
    assert posted.status_code == 200
    for refused in (
        Browser().get(f"/api/oidc/userinfo?access_token={token}"),
        Browser().get("/api/oidc/userinfo"),
        userinfo("nonsense"),
        userinfo(app.tokens(browser)["id_token"]),
    ):
        assert refused.status_code in (400, 401)
        assert "Bearer" in refused.headers["WWW-Authenticate"]


@pytest.mark.parametrize("cut", [1, 2, 10])
def test_a_truncated_or_extended_token_is_refused(app: RelyingParty, browser: Browser, cut: int) -> None:  # G06
    tokens = app.tokens(browser)
    assert userinfo(tokens["access_token"][:-cut]).status_code == 401
    assert userinfo(tokens["access_token"] + "A" * cut).status_code == 401
    assert app.refresh(tokens["refresh_token"][:-cut]).status_code == 400
    assert userinfo(tokens["access_token"]).status_code == 200


def test_without_openid_there_is_no_id_token_and_no_userinfo(app: RelyingParty, browser: Browser) -> None:
    tokens = app.tokens(browser, scope=None)
    assert "id_token" not in tokens
    refused = userinfo(tokens["access_token"])
    assert refused.status_code == 403
    assert "insufficient_scope" in refused.headers["WWW-Authenticate"]


def test_who_takes_a_freed_address_is_somebody_else_to_clients(app: RelyingParty, rose: User) -> None:  # G02
    before = claims_of(app.tokens(world.signed_in(rose))["id_token"])[1]["sub"]
    from accounts.models import ReservedIdentifier  # noqa: PLC0415

    delete_member(member=rose, actor=None)
    ReservedIdentifier.objects.all().delete()
    again = world.member()
    assert claims_of(app.tokens(world.signed_in(again))["id_token"])[1]["sub"] != before


def test_an_unverified_change_leaves_the_verified_address_to_clients(app: RelyingParty, rose: User) -> None:  # G12
    change_member(member=rose, values={"email": "new@example.org", "email_verified": False}, actor=None)
    rose.refresh_from_db()
    claims = claims_of(app.tokens(world.signed_in(rose))["id_token"])[1]
    assert (claims["email"], claims["email_verified"]) == ("rose@example.org", True)
    fresh = world.member("iris", email_verified=False)
    claims = claims_of(app.tokens(world.signed_in(fresh))["id_token"])[1]
    assert (claims["email"], claims["email_verified"]) == ("iris@example.org", False)


def statements(act: Any) -> int:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        response = act()
        assert response.status_code in (200, 302), response.content
    return sum(not query["sql"].startswith(("BEGIN", "SAVEPOINT", "RELEASE", "COMMIT")) for query in seen)


def test_hot_paths_take_few_statements(app: RelyingParty, rose: User) -> None:
    world.group("Family", rose)
    browser = world.signed_in(rose)
    tokens = app.tokens(browser)
    code = app.code(browser)
    assert statements(lambda: app.authorize(browser)) <= 10
    assert statements(lambda: app.redeem(code)) <= 11
    assert statements(lambda: app.refresh(tokens["refresh_token"])) <= 13
    access_token = app.tokens(browser)["access_token"]
    assert statements(lambda: userinfo(access_token)) <= 4
    assert statements(lambda: Browser().get("/.well-known/openid-configuration")) == 0
    assert statements(lambda: Browser().get("/.well-known/jwks.json")) == 0


def test_discovery_lists_what_is_there(rose: User) -> None:  # H08
    document = Browser().get("/.well-known/openid-configuration").json()
    assert document["issuer"] == "http://localhost:1411"
    for name, value in document.items():
        if name.endswith("_endpoint") or name == "jwks_uri":
            path = value.removeprefix("http://localhost:1411")
            assert Browser().get(path).status_code in (200, 400, 401, 405), name
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert Browser().get("/.well-known/oauth-authorization-server").json()["issuer"] == document["issuer"]

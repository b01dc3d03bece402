"""Access tokens of both formats: what they say, how long they live, and what none of the other tokens passes for."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.utils import timezone

from oidc_clients.models import AccessToken, Client, Grant, RefreshToken
from oidc_clients.services.signing import sign_claims
from tests.support.oidc_protocol.factories import (
    ISSUER,
    SECRET,
    ask,
    basic,
    browser,
    code_for,
    decode,
    make_client,
    make_member,
    post_form,
    redeem,
    refresh,
    signed_in,
    token,
    tokens_for,
    userinfo,
    verified_claims,
)

pytestmark = pytest.mark.django_db
OTHER_SECRET = "the-other-clients-secret-012345"
DAY = 86_400


def introspect(client_id: str, secret: str, value: str) -> dict[str, Any]:
    response = post_form("/api/oidc/introspect", {"token": value}, {"authorization": basic(client_id, secret)})
    assert response.status_code == 200
    found: dict[str, Any] = response.json()
    return found


# G04
@pytest.mark.parametrize("secret", [SECRET, None])
def test_a_signed_access_token_says_what_rfc_9068_wants(secret: str | None) -> None:
    group = Group.objects.create(name="family")
    client, member = make_client(secret=secret, access_token_format="jwt"), make_member()
    member.groups.add(group)
    tokens = tokens_for(member, client, secret=secret, scope="openid groups")
    header = json.loads(decode(tokens["access_token"].split(".")[0]))
    claims = verified_claims(tokens["access_token"])
    assert header["typ"] == "at+jwt"
    assert header["alg"] == "RS256"
    assert set(header) == {"typ", "alg", "kid"}
    assert tokens["expires_in"] == 600
    assert claims["exp"] - claims["iat"] == 600
    assert abs(claims["iat"] - time.time()) < 10
    assert len(claims["jti"]) >= 22
    assert abs(claims["auth_time"] - time.time()) < 10
    assert {name: claims[name] for name in ("iss", "sub", "aud", "client_id", "scope", "acr", "amr", "groups")} == {
        "iss": ISSUER,
        "sub": str(member.pk),
        "aud": ISSUER,
        "client_id": "app",
        "scope": "openid groups",
        "acr": "phr",
        "amr": ["phr", "user"],
        "groups": ["family"],
    }
    assert not {"nonce", "at_hash", "azp", "sid", "email", "name"} & set(claims)
    again = refresh(client, tokens["refresh_token"], secret=secret, scope="openid").json()["access_token"]
    assert "groups" not in verified_claims(again)
    assert verified_claims(again)["jti"] != claims["jti"]


# G04
def test_without_openid_a_signed_access_token_still_names_its_member() -> None:
    client, member = make_client(access_token_format="jwt"), make_member()
    tokens = tokens_for(member, client, scope="email")
    assert "id_token" not in tokens
    claims = verified_claims(tokens["access_token"])
    assert (claims["sub"], claims["scope"]) == (str(member.pk), "email")
    assert userinfo(tokens["access_token"]).status_code == 403


# G11
def test_a_signed_access_token_is_taken_back_like_any_other() -> None:
    client, member = make_client(access_token_format="jwt"), make_member()
    access = tokens_for(member, client)["access_token"]
    assert userinfo(access).json()["sub"] == str(member.pk)
    assert post_form("/api/oidc/userinfo", {"access_token": access}).status_code == 200
    assert introspect("app", SECRET, access)["active"] is True
    post_form("/api/oidc/revoke", {"token": access}, {"authorization": basic("app", SECRET)})
    assert userinfo(access).status_code == 401
    assert introspect("app", SECRET, access) == {"active": False}


# C07
def test_a_signed_access_token_is_stored_nowhere() -> None:
    client, member = make_client(access_token_format="jwt"), make_member()
    access = tokens_for(member, client)["access_token"]
    assert access not in repr(list(AccessToken.objects.values()) + list(RefreshToken.objects.values()))


# G06, G07
def test_only_the_very_token_that_was_issued_opens_anything() -> None:
    client, member = make_client(access_token_format="jwt"), make_member()
    access = tokens_for(member, client)["access_token"]
    header, claims, signature = access.split(".")
    # Rightly signed by this provider, but never issued.
    forged = sign_claims({**json.loads(decode(claims)), "scope": "openid email"}, typ="at+jwt")
    for spoiled in (forged, access[:-1], access + "A", f"{header}.{claims}.", f"{header}.{claims}", access.swapcase()):
        assert userinfo(spoiled).status_code == 401
        assert introspect("app", SECRET, spoiled) == {"active": False}
    assert userinfo(access).status_code == 200
    assert signature


# G05, V17
@pytest.mark.parametrize("access_format", ["opaque", "jwt"])
def test_no_token_passes_for_another(access_format: str) -> None:
    """Five kinds of token at five places, of the same client and of another: only the matching ones open anything."""
    member = make_member()
    clients = {"app": SECRET, "other": OTHER_SECRET}
    for client_id, secret in clients.items():
        make_client(client_id, secret=secret, access_token_format=access_format)
    for holder in clients:
        for presenter, secret in clients.items():
            for kind in ("access", "refresh", "id", "logout", "code"):
                # Fresh ones for each try, since a right one is used up.
                found = issued(member, Client.objects.get(client_id=holder), clients[holder])
                value, presenting = found[kind], Client.objects.get(client_id=presenter)
                is_own = holder == presenter
                opened = {
                    "userinfo": userinfo(value).status_code == 200,
                    "introspection": introspect(presenter, secret, value)["active"],
                    "refresh": refresh(presenting, value, secret=secret).status_code == 200,
                    "code": redeem(presenting, value, secret=secret).status_code == 200,
                    "assertion": is_client(presenter, value),
                }
                assert opened == {
                    "userinfo": kind == "access",
                    "introspection": is_own and kind in ("access", "refresh"),
                    "refresh": is_own and kind == "refresh",
                    "code": is_own and kind == "code",
                    "assertion": False,
                }, (kind, holder, presenter)


def issued(member: Any, client: Client, secret: str) -> dict[str, str]:
    tokens = tokens_for(member, client, secret=secret)
    now = int(time.time())
    logout = {
        "iss": ISSUER,
        "sub": str(member.pk),
        "aud": client.client_id,
        "iat": now,
        "exp": now + 120,
        "jti": "one",
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    }
    return {
        "access": tokens["access_token"],
        "refresh": tokens["refresh_token"],
        "id": tokens["id_token"],
        "logout": sign_claims(logout, typ="logout+jwt"),
        "code": code_for(member, client),
    }


def is_client(client_id: str, value: str) -> bool:
    form = {
        "grant_type": "refresh_token",
        "refresh_token": "x",
        "client_id": client_id,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": value,
    }
    return bool(post_form("/api/oidc/token", form).status_code == 200)


# G05
def test_a_token_for_another_resource_opens_no_userinfo() -> None:
    client, member = make_client(), make_member()
    access = tokens_for(member, client)["access_token"]
    AccessToken.objects.update(resource=["https://api.example.test"])
    assert userinfo(access).status_code == 401
    assert introspect("app", SECRET, access)["aud"] == "https://api.example.test"
    AccessToken.objects.update(resource=["https://api.example.test", ISSUER])
    assert userinfo(access).status_code == 200


@pytest.mark.parametrize(
    ("access_format", "lifetime", "seconds"),
    [
        ("opaque", None, 3600),
        ("jwt", None, 600),
        ("opaque", timedelta(minutes=1), 60),
        ("jwt", timedelta(minutes=1), 60),
        ("opaque", timedelta(days=365), 365 * DAY),
        ("jwt", timedelta(hours=2), 7200),
    ],
)
def test_access_tokens_live_as_long_as_the_client_says(
    access_format: str, lifetime: timedelta | None, seconds: int
) -> None:
    client, member = make_client(access_token_format=access_format, access_token_lifetime=lifetime), make_member()
    tokens = tokens_for(member, client)
    assert tokens["expires_in"] == seconds
    left = AccessToken.objects.get().expires - timezone.now()
    assert seconds - 10 < left.total_seconds() <= seconds


# C06
@pytest.mark.parametrize(
    ("lifetime", "idle", "absolute"),
    [
        (None, 30, 90),
        (timedelta(minutes=1), 60 / DAY, 90),
        (timedelta(days=60), 60, 90),
        (timedelta(days=365), 365, 365),
    ],
)
def test_refresh_tokens_may_lie_unused_as_long_as_the_client_says(
    lifetime: timedelta | None, idle: float, absolute: float
) -> None:
    client, member = make_client(refresh_token_lifetime=lifetime), make_member()
    tokens = tokens_for(member, client)
    row = RefreshToken.objects.get()
    assert (row.idle_expires_at - timezone.now()).total_seconds() == pytest.approx(idle * DAY, abs=10)
    assert (row.expires_at - timezone.now()).total_seconds() == pytest.approx(absolute * DAY, abs=10)
    # However often it is used, the family ends when it was to end from the first.
    end = timezone.now() + timedelta(seconds=30)
    RefreshToken.objects.update(expires_at=end)
    assert refresh(client, tokens["refresh_token"]).status_code == 200
    newest = RefreshToken.objects.latest("pk")
    assert newest.expires_at == newest.idle_expires_at == end


@pytest.mark.parametrize("field", ["access_token_lifetime", "refresh_token_lifetime"])
def test_the_database_keeps_lifetimes_between_a_minute_and_a_year(field: str) -> None:
    make_client()
    for wrong in (timedelta(seconds=59), timedelta(0), timedelta(days=-1), timedelta(days=365, seconds=1)):
        with pytest.raises(IntegrityError), transaction.atomic():
            Client.objects.update(**{field: wrong})
    for right in (timedelta(minutes=1), timedelta(days=365), None):
        Client.objects.update(**{field: right})


# G01
def test_the_id_token_is_the_same_over_refresh_but_for_its_own_time() -> None:
    client, member = make_client(), make_member()
    first = tokens_for(member, client)
    second = refresh(client, first["refresh_token"]).json()
    before, after = verified_claims(first["id_token"]), verified_claims(second["id_token"])
    assert before["nonce"] == "n-1"
    # OpenID Connect Core §12.2: no nonce; everything about the sign-in as it was.
    assert "nonce" not in after
    for claims in (before, after):
        assert claims["aud"] == claims["azp"] == "app"
        assert claims["exp"] - claims["iat"] == 3600
    moving = ("nonce", "iat", "exp", "at_hash")
    assert {name: value for name, value in before.items() if name not in moving} == {
        name: value for name, value in after.items() if name not in moving
    }
    assert {"sub", "iss", "auth_time", "acr", "amr", "azp", "sid"} <= set(after)
    assert before["at_hash"] != after["at_hash"]


# OpenID Connect Core §5.5
def test_claims_asked_for_by_name_come_where_they_were_asked_for() -> None:

    client, member = make_client(), make_member()
    code = code_for(member, client, scope="openid")
    Grant.objects.update(
        claims={
            "id_token": {"email": {"essential": True}, "sub": None, "exp": None, "nonsense": None, "acr": None},
            "userinfo": {"given_name": None, "iss": {"value": "forged"}, "email_verified": None},
        }
    )
    tokens = redeem(client, code).json()
    id_token = verified_claims(tokens["id_token"])
    assert id_token["email"] == "owner@example.test"
    assert not {"email_verified", "given_name", "nonsense"} & set(id_token)
    assert set(userinfo(tokens["access_token"]).json()) == {"sub", "given_name", "email_verified"}
    again = refresh(client, tokens["refresh_token"]).json()
    assert verified_claims(again["id_token"])["email"] == "owner@example.test"
    assert set(userinfo(again["access_token"]).json()) == {"sub", "given_name", "email_verified"}


def test_the_app_wide_lifetime_of_signed_tokens_is_a_setting(settings: Any) -> None:
    settings.HEARTHKEY_OIDC_CLIENTS_JWT_ACCESS_TOKEN_LIFETIME = timedelta(minutes=5)
    client, member = make_client(access_token_format="jwt"), make_member()
    assert tokens_for(member, client)["expires_in"] == 300


# B12
def test_the_grants_that_work_are_those_in_discovery() -> None:
    advertised = browser().get("/.well-known/openid-configuration").json()["grant_types_supported"]
    client = make_client()
    for grant in ("authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code", "password"):
        error = token({"grant_type": grant}, client, SECRET).json()["error"]
        assert (error != "unsupported_grant_type") is (grant in advertised)


def test_a_cookie_that_comes_along_with_a_clients_request_acts_for_nobody() -> None:
    client, member = make_client(), make_member()
    refused = signed_in(member).post("/api/oidc/token", {"grant_type": "authorization_code", "code": "x"}, headers={})
    assert refused.status_code in (400, 401, 415)
    assert not refused.wsgi_request.user.is_authenticated
    assert ask(signed_in(member), client).wsgi_request.user.is_authenticated

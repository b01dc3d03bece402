"""What a client may learn of its own tokens, and how it gives them back (RFC 7662, RFC 7009)."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from audit.models import Event
from oidc_clients.models import AccessToken, Client, ClientSession, Consent, RefreshToken
from oidc_clients.services.access import revoke_consent
from tests.support.oidc_protocol.factories import (
    ISSUER,
    SECRET,
    add_secret,
    basic,
    browser,
    code_for,
    make_client,
    make_member,
    post_form,
    redeem,
    refresh,
    tokens_for,
    userinfo,
)

pytestmark = pytest.mark.django_db
OTHER_SECRET = "the-other-clients-secret-012345"
INTROSPECT = "/api/oidc/introspect"
REVOKE = "/api/oidc/revoke"


def introspect(token: str, *, client_id: str = "app", secret: str = SECRET, **form: str) -> Any:
    return post_form(INTROSPECT, {"token": token, **form}, {"authorization": basic(client_id, secret)})


def revoke(token: str, *, client_id: str = "app", secret: str = SECRET, **form: str) -> Any:
    return post_form(REVOKE, {"token": token, **form}, {"authorization": basic(client_id, secret)})


# G10
def test_a_client_reads_its_own_access_token() -> None:
    client, member = make_client(), make_member()
    tokens = tokens_for(member, client, scope="openid email")
    response = introspect(tokens["access_token"])
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"  # B10
    answer = response.json()
    assert 3590 <= answer.pop("exp") - time.time() <= 3600
    assert abs(answer.pop("iat") - time.time()) < 10
    assert answer == {
        "active": True,
        "client_id": "app",
        "scope": "openid email",
        "sub": str(member.pk),
        "iss": ISSUER,
        "aud": ISSUER,
        "token_type": "Bearer",
    }


# G10
def test_a_client_reads_its_own_refresh_token_until_it_is_rotated() -> None:
    client, member = make_client(), make_member()
    tokens = tokens_for(member, client, scope="openid offline_access")
    answer = introspect(tokens["refresh_token"]).json()
    assert answer["active"] is True
    assert answer["scope"] == "openid offline_access"
    assert answer["sub"] == str(member.pk)
    assert "token_type" not in answer
    second = refresh(client, tokens["refresh_token"]).json()
    assert introspect(tokens["refresh_token"]).json() == {"active": False}
    assert introspect(second["refresh_token"]).json()["active"] is True


# G10
@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "id_token", "nonsense", None])
@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_the_hint_only_helps(kind: str, hint: str | None) -> None:
    client, member = make_client(), make_member()
    tokens = tokens_for(member, client)
    more = {} if hint is None else {"token_type_hint": hint}
    assert introspect(tokens[kind], **more).json()["active"] is True
    assert revoke(tokens[kind], **more).status_code == 200
    assert introspect(tokens[kind], **more).json() == {"active": False}


# G10, V17
def test_what_is_not_its_own_is_inactive_and_nothing_more() -> None:
    client, member = make_client(), make_member()
    make_client("other", secret=OTHER_SECRET)
    tokens = tokens_for(member, client)
    for token in (tokens["access_token"], tokens["refresh_token"]):
        answer = introspect(token, client_id="other", secret=OTHER_SECRET)
        assert answer.status_code == 200
        assert answer.json() == {"active": False}
        assert introspect(token).json()["active"] is True
    for token in (tokens["id_token"], "nonsense", tokens["access_token"][:-1], tokens["access_token"] + "x", "💥"):
        assert introspect(token).json() == {"active": False}


# G10, D01
def test_only_an_authenticated_confidential_client_may_ask() -> None:
    client, member = make_client(), make_member()
    make_client("public", secret=None)
    public_tokens = tokens_for(member, Client.objects.get(client_id="public"), secret=None)
    tokens = tokens_for(member, client)
    for form, headers in (
        ({}, {}),
        ({"client_id": "app"}, {}),
        ({"client_id": "public"}, {}),
        ({}, {"authorization": basic("app", "wrong")}),
        ({}, {"authorization": f"Bearer {tokens['access_token']}"}),
    ):
        refused = post_form(INTROSPECT, {"token": tokens["access_token"], **form}, headers)
        assert refused.status_code == 401
        assert refused.json()["error"] == "invalid_client"
        assert refused.headers["WWW-Authenticate"].startswith("Basic ")
        assert "active" not in refused.json()
    own = post_form(INTROSPECT, {"token": public_tokens["access_token"], "client_id": "public"})
    assert own.status_code == 401


@pytest.mark.parametrize("path", [INTROSPECT, REVOKE])
def test_a_malformed_request_gets_the_error_of_the_specification(path: str) -> None:
    make_client()
    headers = {"authorization": basic("app", SECRET)}
    assert post_form(path, {}, headers).json()["error"] == "invalid_request"
    assert post_form(path, "token=a&token=b", headers).json()["error"] == "invalid_request"
    assert post_form(path, {"token": "a\x00b"}, headers).json()["error"] == "invalid_request"
    assert post_form(path, {"token": "x" * 9000}, headers).json()["error"] == "invalid_request"
    assert post_form(f"{path}?token=x", {}, headers).json()["error"] == "invalid_request"
    json_body = browser().post(path, data='{"token": "x"}', content_type="application/json", headers=headers)
    assert json_body.status_code == 415
    got = browser().get(path, headers=headers)
    assert got.status_code == 405
    assert got.headers["Cache-Control"] == "no-store"
    assert post_form(path, {"token": "x"}, headers).status_code == 200


def _disable(member: Any, client: Client) -> None:
    member.is_active = False
    member.save()


def _leave(member: Any, client: Client) -> None:
    member.groups.clear()


def _delete_consent(member: Any, client: Client) -> None:
    Consent.objects.all().delete()


def _revoke_consent(member: Any, client: Client) -> None:
    revoke_consent(user=member, client=client)


def _end_session(member: Any, client: Client) -> None:
    ClientSession.objects.update(ended_at=timezone.now())


def _sign_out(member: Any, client: Client) -> None:
    ClientSession.objects.update(signed_out_at=timezone.now())


def _expire(member: Any, client: Client) -> None:
    AccessToken.objects.update(expires=timezone.now())
    RefreshToken.objects.update(idle_expires_at=timezone.now())


def _expire_for_good(member: Any, client: Client) -> None:
    AccessToken.objects.update(expires=timezone.now())
    RefreshToken.objects.update(expires_at=timezone.now())


# A16, C05, G10, G11
@pytest.mark.parametrize(
    "lose",
    [_disable, _leave, _delete_consent, _revoke_consent, _end_session, _sign_out, _expire, _expire_for_good],
)
def test_what_was_lost_makes_a_token_inactive_everywhere(lose: Any) -> None:
    group = Group.objects.create(name="family")
    client, member = make_client(groups=(group,)), make_member()
    member.groups.add(group)
    tokens = tokens_for(member, client)
    assert introspect(tokens["access_token"]).json()["active"] is True
    assert introspect(tokens["refresh_token"]).json()["active"] is True
    assert userinfo(tokens["access_token"]).status_code == 200
    lose(member, client)
    assert introspect(tokens["access_token"]).json() == {"active": False}
    assert introspect(tokens["refresh_token"]).json() == {"active": False}
    assert userinfo(tokens["access_token"]).status_code == 401
    assert refresh(client, tokens["refresh_token"]).status_code == 400


# G11, V46
@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_giving_back_either_token_ends_the_whole_family_at_once(kind: str) -> None:
    client, member = make_client(), make_member()
    first = tokens_for(member, client)
    second = refresh(client, first["refresh_token"]).json()
    other = tokens_for(member, client)
    response = revoke(second[kind])
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    for tokens in (first, second):
        assert userinfo(tokens["access_token"]).status_code == 401
        assert introspect(tokens["access_token"]).json() == {"active": False}
        assert introspect(tokens["refresh_token"]).json() == {"active": False}
        assert refresh(client, tokens["refresh_token"]).status_code == 400
    # Another sign-in of the same member at the same client is another family.
    assert userinfo(other["access_token"]).status_code == 200
    event = Event.objects.get(name="token_revoked")
    assert (event.subject_id, event.client_id) == (str(member.pk), "app")
    assert event.data["token_type"] == kind
    assert revoke(second[kind]).status_code == 200
    assert Event.objects.filter(name="token_revoked").count() == 1


# G11, V46
def test_nobody_revokes_what_is_not_theirs() -> None:
    client, member = make_client(), make_member()
    make_client("other", secret=OTHER_SECRET)
    tokens = tokens_for(member, client)
    for token in (tokens["access_token"], tokens["refresh_token"], tokens["id_token"], "unknown"):
        assert revoke(token, client_id="other", secret=OTHER_SECRET).status_code == 200
        assert post_form(REVOKE, {"token": token}).status_code == 401
        assert post_form(REVOKE, {"token": token, "client_id": "app"}).status_code == 401
        assert revoke(token, secret="wrong").status_code == 401
    assert userinfo(tokens["access_token"]).status_code == 200
    assert refresh(client, tokens["refresh_token"]).status_code == 200
    assert revoke(tokens["id_token"]).status_code == 200
    assert userinfo(tokens["access_token"]).status_code == 200


# G11
def test_a_public_client_revokes_by_its_id() -> None:
    client, member = make_client("spa", secret=None), make_member()
    make_client("other-spa", secret=None)
    tokens = tokens_for(member, client, secret=None)
    assert post_form(REVOKE, {"token": tokens["refresh_token"], "client_id": "other-spa"}).status_code == 200
    assert userinfo(tokens["access_token"]).status_code == 200
    assert post_form(REVOKE, {"token": tokens["refresh_token"], "client_id": "spa"}).status_code == 200
    assert userinfo(tokens["access_token"]).status_code == 401


# C04
def test_a_revoked_token_is_not_brought_back_by_the_grace() -> None:
    client, member = make_client(), make_member()
    first = tokens_for(member, client)
    second = refresh(client, first["refresh_token"]).json()
    assert refresh(client, first["refresh_token"]).json() == second
    revoke(second["refresh_token"])
    assert refresh(client, first["refresh_token"]).status_code == 400
    assert not RefreshToken.objects.exclude(grace_answer="").exists()


def test_a_client_without_refresh_tokens_gives_its_access_token_back() -> None:
    client, member = make_client(issues_refresh_tokens=False), make_member()
    tokens = tokens_for(member, client)
    assert "refresh_token" not in tokens
    assert introspect(tokens["access_token"]).json()["active"] is True
    revoke(tokens["access_token"])
    assert introspect(tokens["access_token"]).json() == {"active": False}


# B12
def test_a_client_whose_refresh_tokens_were_switched_off_may_not_refresh() -> None:
    client, member = make_client(), make_member()
    tokens = tokens_for(member, client)
    Client.objects.update(issues_refresh_tokens=False)
    assert refresh(client, tokens["refresh_token"]).json()["error"] == "unauthorized_client"
    Client.objects.update(issues_refresh_tokens=True)
    assert refresh(client, tokens["refresh_token"]).status_code == 200


def test_an_expired_code_is_no_token() -> None:
    client, member = make_client(), make_member()
    code = code_for(member, client)
    assert introspect(code).json() == {"active": False}
    assert revoke(code).status_code == 200
    assert redeem(client, code).status_code == 200


def test_several_secrets_find_the_token_once() -> None:
    client, member = make_client(), make_member()
    add_secret(client, "second-secret-0123456789")
    add_secret(client, "third-secret-0123456789", expires_at=timezone.now() - timedelta(hours=1))
    tokens = tokens_for(member, client)
    for secret, status in ((SECRET, 200), ("second-secret-0123456789", 200), ("third-secret-0123456789", 401)):
        assert introspect(tokens["access_token"], secret=secret).status_code == status


@pytest.mark.parametrize(
    ("path", "answers"),
    [
        ("/api/oidc/revoke", True),
        ("/api/oidc/token", True),
        ("/api/oidc/par", True),
        ("/api/oidc/device/authorize", True),
        ("/api/oidc/introspect", False),
    ],
)
def test_scripts_of_other_pages_may_do_everything_but_introspect(path: str, answers: bool) -> None:
    make_client()
    headers = {"origin": "https://spa.test", "access-control-request-method": "POST"}
    preflight = browser().options(path, headers=headers)
    assert (preflight.status_code == 204) is answers
    refused = post_form(path, {"token": "x"}, headers)
    for response in (preflight, refused):
        assert ("Access-Control-Allow-Origin" in response.headers) is answers

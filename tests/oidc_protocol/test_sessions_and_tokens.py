"""What the end of a session means for the tokens that came of it: decision by decision, over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from oidc_clients.models import AccessToken, Client, ClientSession, Grant, RefreshToken
from tests.support.oidc_protocol.factories import (
    SECRET,
    answer_of,
    ask,
    basic,
    consent_to,
    make_client,
    make_member,
    post_form,
    redeem,
    refresh,
    signed_in,
    userinfo,
)

pytestmark = pytest.mark.django_db
OFFLINE = "openid offline_access"
ONLINE = "openid"


def tokens_in(browser: Any, client: Client, scope: str) -> dict[str, Any]:
    response = redeem(client, answer_of(ask(browser, client, scope=scope))["code"])
    assert response.status_code == 200, response.content
    found: dict[str, Any] = response.json()
    return found


def client_of(client_id: str, member: Any) -> Client:
    client = make_client(client_id)
    consent_to(member, client)
    return client


def is_active(client_id: str, token: str) -> bool:
    response = post_form("/api/oidc/introspect", {"token": token}, {"authorization": basic(client_id, SECRET)})
    return bool(response.json()["active"])


def works(client: Client, tokens: dict[str, Any]) -> dict[str, bool]:
    """Where the tokens are good. Asks for a refresh last, which uses the refresh token up."""
    return {
        "userinfo": userinfo(tokens["access_token"]).status_code == 200,
        "access": is_active(client.client_id, tokens["access_token"]),
        "refresh": is_active(client.client_id, tokens["refresh_token"]),
        "refreshing": refresh(client, tokens["refresh_token"]).status_code == 200,
    }


def everything(is_good: bool) -> dict[str, bool]:
    return dict.fromkeys(("userinfo", "access", "refresh", "refreshing"), is_good)


def test_a_session_that_lies_idle_for_a_day_and_expires_ends_no_refresh_token() -> None:
    member = make_member()
    client = client_of("app", member)
    browser = signed_in(member)
    tokens = tokens_in(browser, client, ONLINE)
    # 25 hours later: the browser's session is over and swept away, the refresh token is not.
    past = timedelta(hours=25)
    for row in RefreshToken.objects.all():
        RefreshToken.objects.filter(pk=row.pk).update(
            idle_expires_at=row.idle_expires_at - past, expires_at=row.expires_at - past
        )
    AccessToken.objects.update(expires=timezone.now() - past)
    browser.session.delete()
    assert userinfo(tokens["access_token"]).status_code == 401
    fresh = refresh(client, tokens["refresh_token"])
    assert fresh.status_code == 200
    assert userinfo(fresh.json()["access_token"]).status_code == 200


def test_signing_out_ends_what_was_not_granted_offline_access() -> None:
    member = make_member()
    online, offline, elsewhere = (client_of(name, member) for name in ("online", "offline", "elsewhere"))
    browser = signed_in(member)
    short, long = tokens_in(browser, online, ONLINE), tokens_in(browser, offline, OFFLINE)
    other = tokens_in(signed_in(member), elsewhere, ONLINE)
    ClientSession.objects.filter(sid=browser.session.sid).update(signed_out_at=timezone.now())
    assert works(online, short) == everything(False)
    assert works(offline, long) == everything(True)
    assert works(elsewhere, other) == everything(True)


def test_ending_a_session_ends_all_of_it() -> None:
    member = make_member()
    online, offline, elsewhere = (client_of(name, member) for name in ("online", "offline", "elsewhere"))
    browser = signed_in(member)
    short, long = tokens_in(browser, online, ONLINE), tokens_in(browser, offline, OFFLINE)
    other = tokens_in(signed_in(member), elsewhere, OFFLINE)
    ClientSession.objects.filter(sid=browser.session.sid).update(ended_at=timezone.now())
    assert works(online, short) == everything(False)
    assert works(offline, long) == everything(False)
    assert works(elsewhere, other) == everything(True)


@pytest.mark.parametrize(
    ("column", "scope", "redeems"),
    [
        ("signed_out_at", ONLINE, False),
        ("signed_out_at", OFFLINE, True),
        ("ended_at", ONLINE, False),
        ("ended_at", OFFLINE, False),
    ],
)
def test_a_code_of_a_session_that_is_over_redeems_no_more_than_its_refresh_token(
    column: str, scope: str, redeems: bool
) -> None:
    member = make_member()
    client = client_of("app", member)
    code = answer_of(ask(signed_in(member), client, scope=scope))["code"]
    ClientSession.objects.update(**{column: timezone.now()})
    assert (redeem(client, code).status_code == 200) is redeems
    if not redeems:
        # A refusal uses nothing up: the twin differs in the one column.
        assert Grant.objects.get().used_at is None
        ClientSession.objects.update(**{column: None})
        assert redeem(client, code).status_code == 200


def test_a_narrow_token_of_an_offline_family_outlives_the_sign_out_with_it() -> None:
    member = make_member()
    client = client_of("app", member)
    tokens = tokens_in(signed_in(member), client, OFFLINE)
    narrow = refresh(client, tokens["refresh_token"], scope="openid").json()
    assert narrow["scope"] == "openid"
    ClientSession.objects.update(signed_out_at=timezone.now())
    assert works(client, narrow) == everything(True)


# C04
def test_the_grace_for_a_lost_answer_ends_with_the_session() -> None:
    member = make_member()
    client = client_of("app", member)
    tokens = tokens_in(signed_in(member), client, OFFLINE)
    first = refresh(client, tokens["refresh_token"])
    assert refresh(client, tokens["refresh_token"]).json() == first.json()
    ClientSession.objects.update(ended_at=timezone.now())
    assert refresh(client, tokens["refresh_token"]).status_code == 400


# C02
def test_reuse_ends_the_family_even_when_the_old_tokens_own_time_is_over() -> None:
    member = make_member()
    client = client_of("app", member)
    tokens = tokens_in(signed_in(member), client, OFFLINE)
    second = refresh(client, tokens["refresh_token"]).json()
    old = RefreshToken.objects.exclude(rotated_at=None)
    old.update(rotated_at=timezone.now() - timedelta(days=40), idle_expires_at=timezone.now() - timedelta(days=10))
    assert refresh(client, tokens["refresh_token"]).status_code == 400
    assert refresh(client, second["refresh_token"]).status_code == 400
    assert not RefreshToken.objects.filter(revoked=None).exists()


def test_a_grant_without_a_session_stands_by_itself() -> None:
    member = make_member()
    client = client_of("app", member)
    tokens = tokens_in(signed_in(member), client, ONLINE)
    for model in (AccessToken, RefreshToken):
        model.objects.update(client_session=None)
    ClientSession.objects.all().delete()
    assert works(client, tokens) == everything(True)

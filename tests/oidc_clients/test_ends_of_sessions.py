"""What ends when a session expires, is signed out, is ended, or when its member loses access."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import Session, User
from accounts.services.groups import delete_group, set_groups
from accounts.services.members import delete_member, disable_member
from accounts.services.sessions import end_sessions, sign_out_everywhere
from accounts.sessions import SessionStore
from audit.models import Event
from oidc_clients.models import AccessToken, ClientSession, LogoutDelivery, RefreshToken
from oidc_clients.services.access import revoke_consent
from oidc_clients.services.client_sessions import open_client_session
from oidc_clients.services.clients import set_client_groups
from tests.support.oidc_clients import world
from tests.support.oidc_clients.world import RelyingParty, userinfo

pytestmark = pytest.mark.django_db
WITHOUT_OFFLINE = "openid profile"


def told(app: RelyingParty) -> list[tuple[str, str]]:
    """Return the subject and session of every logout that is on its way to the client."""
    rows = LogoutDelivery.objects.filter(client=app.row).order_by("created_at")
    return [(row.sub, row.sid) for row in rows]


def listens(app: RelyingParty) -> RelyingParty:
    app.row.backchannel_logout_uri = "https://app.example.org/logout"
    app.row.save()
    return app


def is_alive(app: RelyingParty, tokens: dict[str, Any]) -> tuple[bool, bool]:
    """Return whether the access token still opens userinfo, and whether the refresh token still refreshes."""
    opens = userinfo(tokens["access_token"]).status_code == 200
    answer = app.refresh(tokens["refresh_token"])
    assert answer.status_code == 200 or answer.json()["error"] == "invalid_grant"
    return opens, answer.status_code == 200


def test_a_session_that_only_expires_ends_nothing_and_tells_nobody(app: RelyingParty, browser: Browser) -> None:
    tokens = listens(app).tokens(browser, scope=WITHOUT_OFFLINE)
    Session.objects.update(last_seen_at=timezone.now() - timedelta(hours=25))
    assert browser.get("/account/").status_code == 302
    SessionStore.clear_expired()
    assert not Session.objects.exists()
    assert is_alive(app, tokens) == (True, True)
    assert told(app) == []


def test_signing_out_ends_what_has_no_offline_access_and_tells_each_client_once(
    app: RelyingParty, other_app: RelyingParty, browser: Browser, rose: User
) -> None:
    sid = world.sid_of(browser)
    ends = listens(app).tokens(browser, scope=WITHOUT_OFFLINE)
    stays = listens(other_app).tokens(browser)
    browser.post("/logout")
    assert is_alive(app, ends) == (False, False)
    assert is_alive(other_app, stays) == (True, True)
    assert told(app) == told(other_app) == [(str(rose.pk), sid)]
    assert Event.objects.get(name="signed_out").data["session"] == sid


def test_ending_a_session_ends_offline_access_too(
    app: RelyingParty, other_app: RelyingParty, browser: Browser, rose: User
) -> None:
    sid = world.sid_of(browser)
    ends, ends_too = (listens(app).tokens(browser, scope=WITHOUT_OFFLINE), listens(other_app).tokens(browser))
    assert end_sessions(user=rose, reason="ended_by_operator") == 1
    assert is_alive(app, ends) == is_alive(other_app, ends_too) == (False, False)
    assert told(app) == told(other_app) == [(str(rose.pk), sid)]
    assert Event.objects.get(name="session_ended").data["sessions"] == [sid]


def test_another_session_of_the_same_member_goes_on(app: RelyingParty, browser: Browser, rose: User) -> None:
    here = listens(app).tokens(browser, scope=WITHOUT_OFFLINE)
    elsewhere = world.signed_in(rose)
    there = app.tokens(elsewhere, scope=WITHOUT_OFFLINE)
    sid = world.sid_of(browser)
    browser.post("/logout")
    assert is_alive(app, here) == (False, False)
    assert is_alive(app, there) == (True, True)
    assert told(app) == [(str(rose.pk), sid)]


def test_a_client_that_did_not_ask_is_not_told(app: RelyingParty, browser: Browser) -> None:
    app.tokens(browser)
    browser.post("/logout")
    assert told(app) == []


def test_signing_out_after_another_one_ended_it_tells_nobody_twice(
    app: RelyingParty, browser: Browser, rose: User
) -> None:
    listens(app).tokens(browser)
    end_sessions(user=rose, reason="ended_by_operator")
    browser.post("/logout")
    assert len(told(app)) == 1


def test_coming_back_in_the_same_session_opens_the_clients_session_again(
    app: RelyingParty, browser: Browser, rose: User
) -> None:
    app.tokens(browser)
    sid = world.sid_of(browser)
    assert revoke_consent(user=rose, client=app.row)
    assert ClientSession.objects.get(sid=sid).ended_at is not None
    tokens = app.tokens(browser)
    assert ClientSession.objects.get(sid=sid).ended_at is None
    assert is_alive(app, tokens) == (True, True)


def test_a_code_on_its_way_is_worth_nothing_after_signing_out(app: RelyingParty, browser: Browser) -> None:
    late, in_time = app.code(browser), app.code(browser)
    assert app.redeem(in_time).status_code == 200
    browser.post("/logout")
    refused = app.redeem(late)
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")


def test_not_you_signs_the_first_person_out_at_their_clients(app: RelyingParty, browser: Browser, rose: User) -> None:
    tokens = listens(app).tokens(browser, scope=WITHOUT_OFFLINE)
    sid = world.sid_of(browser)
    page = world.follow(browser, app.authorize(browser, prompt="select_account"))
    switch = page.content.decode().split('account/switch"')[0].rsplit('action="', 1)[1] + "account/switch"
    assert world.address_of(browser.post(switch)).startswith("/login?next=")
    assert is_alive(app, tokens) == (False, False)
    assert told(app) == [(str(rose.pk), sid)]


LOSSES: dict[str, Callable[[User, RelyingParty, Any], Any]] = {
    "left the group": lambda member, app, group: set_groups(member=member, groups=[], actor=None),
    "the group is deleted": lambda member, app, group: delete_group(group=group, actor=None),
    "the client has other groups": lambda member, app, group: set_client_groups(client=app.row, groups=[], actor=None),
    "disabled": lambda member, app, group: disable_member(member=member, actor=None),
    "the consent is revoked": lambda member, app, group: revoke_consent(user=member, client=app.row),
}


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_losing_access_ends_everything_at_that_client_and_tells_it(  # A16, C05
    loss: Callable[[User, RelyingParty, Any], Any], browser: Browser, rose: User
) -> None:
    group = world.group("family", rose)
    app = listens(world.register("App", is_restricted=True, allowed_groups=[group]))
    elsewhere = listens(world.register("Elsewhere"))
    tokens, kept = app.tokens(browser), elsewhere.tokens(browser)
    device = open_client_session(user=rose, client=app.row, sid="a-device", kind=ClientSession.Kind.DEVICE)
    sid = world.sid_of(browser)
    loss(rose, app, group)
    rose.refresh_from_db()
    assert is_alive(app, tokens) == (False, False)
    assert sorted(told(app)) == sorted([(str(rose.pk), sid), (str(rose.pk), "a-device")])
    device.refresh_from_db()
    assert device.ended_at is not None
    # Only who may sign in nowhere loses what they have elsewhere.
    assert is_alive(elsewhere, kept) == ((True, True) if rose.is_active else (False, False))


def test_deleting_a_member_tells_their_clients(app: RelyingParty, browser: Browser, rose: User) -> None:
    listens(app).tokens(browser)
    sid, sub = world.sid_of(browser), str(rose.pk)
    delete_member(member=rose, actor=None)
    assert told(app) == [(sub, sid)]


def test_a_sign_in_on_a_device_is_none_of_the_browsers(app: RelyingParty, browser: Browser, rose: User) -> None:
    listens(app).tokens(browser)
    open_client_session(user=rose, client=app.row, sid="a-device", kind=ClientSession.Kind.DEVICE)
    sid = world.sid_of(browser)
    end_sessions(user=rose, reason="ended_by_operator")
    assert told(app) == [(str(rose.pk), sid)]
    assert ClientSession.objects.get(sid="a-device").ended_at is None


def test_a_session_without_a_live_token_is_told_too(app: RelyingParty, browser: Browser, rose: User) -> None:
    """The app has a session of its own, which outlives the tokens."""
    listens(app).tokens(browser)
    RefreshToken.objects.all().delete()
    AccessToken.objects.all().delete()
    disable_member(member=rose, actor=None)
    assert len(told(app)) == 1


def test_of_two_who_end_a_session_at_once_one_tells(app: RelyingParty, browser: Browser, rose: User) -> None:
    listens(app).tokens(browser)
    assert end_sessions(user=rose, reason="first") == 1
    assert end_sessions(user=rose, reason="second") == 0
    assert len(told(app)) == 1


@pytest.mark.parametrize("scope", [WITHOUT_OFFLINE, "openid offline_access"])
@pytest.mark.parametrize("comes_back", [False, True])
def test_a_code_that_was_on_its_way_when_its_session_ended_is_worth_nothing_and_is_no_replay(
    app: RelyingParty, browser: Browser, rose: User, scope: str, comes_back: bool
) -> None:
    code = app.code(browser, scope=scope)
    if comes_back:
        assert revoke_consent(user=rose, client=app.row)
        assert app.redeem(app.code(browser, scope=scope)).status_code == 200
    else:
        browser.post("/logout")
    assert app.redeem(code).json()["error"] == "invalid_grant"
    assert not Event.objects.filter(name="code_replayed").exists()


def test_a_code_that_comes_again_after_its_session_ended_is_a_replay(app: RelyingParty, browser: Browser) -> None:
    code = app.code(browser)
    tokens = app.redeem(code).json()
    browser.post("/logout")
    assert app.redeem(code).json()["error"] == "invalid_grant"
    assert Event.objects.filter(name="code_replayed").count() == 1
    assert is_alive(app, tokens) == (False, False)


# Decision 1, L04
def test_the_member_ends_a_session_from_the_list_and_its_clients_lose_everything(
    app: RelyingParty, browser: Browser, rose: User
) -> None:
    tokens = listens(app).tokens(browser, scope="openid offline_access")
    here = world.signed_in(rose)
    kept = app.tokens(here, scope="openid offline_access")
    sid = world.sid_of(browser)
    assert here.post(f"/account/sessions/{sid}/end").status_code == 302
    assert is_alive(app, tokens) == (False, False)
    assert is_alive(app, kept) == (True, True)
    assert told(app) == [(str(rose.pk), sid)]
    here.post("/logout")
    assert len(told(app)) == 2


# Decision 1
@pytest.mark.parametrize("scope", [WITHOUT_OFFLINE, "openid offline_access"])
def test_everywhere_is_at_clients_whose_session_expired_and_on_devices_too(
    app: RelyingParty, other_app: RelyingParty, browser: Browser, rose: User, scope: str
) -> None:
    tokens = listens(app).tokens(browser, scope=scope)
    Session.objects.all().delete()
    device = open_client_session(user=rose, client=other_app.row, sid="of a device", kind=ClientSession.Kind.DEVICE)
    neighbour = world.member("violet")
    kept = app.tokens(world.signed_in(neighbour), scope=scope)
    assert sign_out_everywhere(user=rose, actor=None) == 0
    assert is_alive(app, tokens) == (False, False)
    assert is_alive(app, kept) == (True, True)
    device.refresh_from_db()
    assert device.ended_at is not None
    assert [sub for sub, _sid in told(app)] == [str(rose.pk)]
    assert Event.objects.filter(name="signed_out_everywhere").count() == 1

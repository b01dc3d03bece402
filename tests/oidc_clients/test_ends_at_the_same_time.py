"""A session that ends while a client is being given something: whoever is first, nothing that lives is left."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import User
from accounts.services.members import disable_member
from accounts.services.sessions import end_sessions
from oidc_clients import conf
from oidc_clients.models import AccessToken, ClientSession, Grant, LogoutDelivery, RefreshToken
from oidc_clients.services.access import revoke_consent
from oidc_clients.services.signing import sign_claims
from tests.support.oidc_clients import world
from tests.support.oidc_clients.world import RelyingParty
from tests.support.racing import at_once

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 6
ONLINE = "openid profile"


def signed_out_by_the_client(member: User, browser: Browser, app: RelyingParty) -> Any:
    """The client sends the browser to the end-session endpoint, with an ID token of this very session."""
    hint = {
        "iss": conf.issuer(),
        "aud": app.client_id,
        "sub": str(member.pk),
        "sid": world.sid_of(browser),
        "exp": int(time.time()) + 60,
    }
    answer = browser.get("/api/oidc/end-session", {"id_token_hint": sign_claims(hint)})
    assert answer.status_code == 200
    assert "You're signed out" in answer.content.decode()
    return answer


ENDS: dict[str, Callable[[User, Browser, RelyingParty], Any]] = {
    "ended": lambda member, browser, app: end_sessions(user=member, reason="ended_by_operator"),
    "signed out": lambda member, browser, app: browser.post("/logout"),
    "signed out by the client": signed_out_by_the_client,
    "disabled": lambda member, browser, app: disable_member(member=member, actor=None),
    "consent revoked": lambda member, browser, app: revoke_consent(user=member, client=app.row),
}


def nothing_lives() -> None:
    assert not Grant.objects.filter(used_at=None, revoked_at=None).exists()
    assert not RefreshToken.objects.filter(revoked=None).exists()
    assert not AccessToken.objects.filter(revoked=None).exists()


@pytest.mark.parametrize("end", [ENDS[name] for name in ENDS if name != "consent revoked"])
def test_an_authorization_under_way_leaves_no_live_code(
    app: RelyingParty, rose: User, end: Callable[[User, Browser, RelyingParty], Any]
) -> None:
    app.row.backchannel_logout_uri = "https://app.example.org/logout"
    app.row.save()
    for _ in range(ROUNDS):
        browser = world.signed_in(rose)
        sid = world.sid_of(browser)
        app.tokens(browser, scope=ONLINE)
        at_the_same_time = Browser()
        at_the_same_time.cookies = browser.cookies.copy()
        LogoutDelivery.objects.all().delete()
        answer, _done = at_once(
            [partial(app.authorize, browser, scope=ONLINE), partial(end, rose, at_the_same_time, app)]
        )
        assert answer.status_code in (302, 303)
        if answer.headers["Location"].startswith(world.CALLBACK):
            refused = app.redeem(world.answer_of(answer)["code"])
            assert refused.status_code == 400
        session = ClientSession.objects.get(sid=sid)
        assert session.ended_at is not None or session.signed_out_at is not None
        assert LogoutDelivery.objects.count() == 1
        nothing_lives()
        User.objects.update(is_active=True)
        rose.refresh_from_db()


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
@pytest.mark.parametrize("what", ["redeem", "refresh"])
def test_a_redemption_or_refresh_under_way_leaves_no_live_token(
    app: RelyingParty, rose: User, end: Callable[[User, Browser, RelyingParty], Any], what: str
) -> None:
    for _ in range(ROUNDS):
        browser = world.signed_in(rose)
        code = app.code(browser, scope=ONLINE)
        asks = [partial(app.redeem, code)]
        if what == "refresh":
            asks = [partial(app.refresh, app.redeem(code).json()["refresh_token"])] * 3
        answers = at_once([*asks, partial(end, rose, browser, app)])
        for answer in answers[:-1]:
            assert answer.status_code in (200, 400)
            if answer.status_code == 200:
                assert world.userinfo(answer.json()["access_token"]).status_code == 401
                assert app.refresh(answer.json()["refresh_token"]).status_code == 400
        nothing_lives()
        User.objects.update(is_active=True)
        rose.refresh_from_db()


def test_without_an_end_the_same_code_lives(app: RelyingParty, rose: User) -> None:
    browser = world.signed_in(rose)
    assert app.redeem(app.code(browser, scope=ONLINE)).status_code == 200
    assert AccessToken.objects.filter(revoked=None).exists()


def test_two_browsers_that_name_each_others_session_both_get_through(app: RelyingParty, rose: User) -> None:
    for _ in range(ROUNDS):
        browsers = [world.signed_in(rose), world.signed_in(rose)]
        hints = [app.tokens(browser, scope=ONLINE)["id_token"] for browser in browsers]
        pages = [
            browser.get("/api/oidc/end-session", {"id_token_hint": hint}).content.decode()
            for browser, hint in zip(browsers, reversed(hints), strict=True)
        ]
        kept = [page.split('name="request" value="')[1].split('"')[0] for page in pages]
        answers = at_once(
            partial(browser.post, "/api/oidc/end-session/confirm", {"request": request})
            for browser, request in zip(browsers, kept, strict=True)
        )
        assert [answer.status_code for answer in answers] == [200, 200]
        nothing_lives()

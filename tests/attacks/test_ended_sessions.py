"""Whoever is disabled, deleted or signed out is out: by every door, and at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import Session, User
from accounts.services.codes import create_code
from accounts.services.members import delete_member, disable_member
from oidc_clients.models import DeviceGrant
from passkeys.testing import SoftAuthenticator
from tests.support.oidc_clients import world
from tests.support.oidc_clients.world import RelyingParty
from tests.support.passkeys.world import STEP_UP, Person, options, verify

pytestmark = pytest.mark.django_db
Door = Callable[[], bool]


def copy_of(browser: Browser) -> Browser:
    """Return another computer with the same cookies: what a thief has."""
    thief = Browser()
    for name, morsel in browser.cookies.items():
        thief.cookies[name] = morsel.value
    return thief


def is_in(browser: Browser) -> bool:
    status = browser.get("/account/").status_code
    assert status in {200, 302}
    return status == 200


def _delete_row(browser: Browser, user: User) -> None:
    Session.objects.filter(pk=browser.session.sid).delete()  # type: ignore[attr-defined]  # our own engine


def _sign_out(browser: Browser, user: User) -> None:
    copy_of(browser).post("/logout")


def _disable(browser: Browser, user: User) -> None:
    disable_member(member=user, actor=None)


def _delete(browser: Browser, user: User) -> None:
    delete_member(member=user, actor=None)


# L03, V23
@pytest.mark.parametrize("end", [_delete_row, _sign_out, _disable, _delete])
def test_a_stolen_cookie_is_worth_nothing_once_its_session_ended(
    root: User, rose: User, app: RelyingParty, browser: Browser, end: Callable[[Browser, User], None]
) -> None:
    tokens = app.tokens(browser, scope="openid profile")
    thief, neighbour = copy_of(browser), world.signed_in(world.member("violet"))
    assert is_in(thief)
    assert world.answer_of(app.authorize(thief, prompt="none"))["error"] == "consent_required"
    end(browser, rose)
    assert not is_in(thief)
    assert world.answer_of(app.authorize(thief, prompt="none"))["error"] == "login_required"
    assert thief.post("/account/passkeys/add/options", "{}", content_type="application/json").status_code == 401
    if end is not _delete_row:
        # What the member or an operator ended takes the tokens along.
        assert world.userinfo(tokens["access_token"]).status_code == 401
        assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert is_in(neighbour)


def _session(rose: User, app: RelyingParty) -> Door:
    browser = world.signed_in(rose)
    return lambda: is_in(browser)


def _link(rose: User, app: RelyingParty) -> Door:
    path = "/" + create_code(user=rose, actor=None).link.split("/", 3)[3]

    def enter() -> bool:
        browser = Browser()
        browser.post(path)
        return is_in(browser)

    return enter


def _passkey(rose: User, app: RelyingParty) -> Door:
    person = Person(rose, Browser(), SoftAuthenticator(origin="http://localhost:1411")).enrolled()
    return lambda: person.sign_in().status_code == 200


def _step_up(rose: User, app: RelyingParty) -> Door:
    person = Person(rose, Browser(), SoftAuthenticator(origin="http://localhost:1411")).enrolled().signed_in()
    begun = options(person.client, STEP_UP)
    answer = person.device.get(begun["publicKey"])
    return lambda: verify(person.client, STEP_UP, begun, answer).status_code == 200


def _silent_request(rose: User, app: RelyingParty) -> Door:
    browser = world.signed_in(rose)
    app.code(browser)
    return lambda: "code" in world.answer_of(app.authorize(browser, prompt="none"))


def _code(rose: User, app: RelyingParty) -> Door:
    code = app.code(world.signed_in(rose))
    return lambda: app.redeem(code).status_code == 200


def _refresh(rose: User, app: RelyingParty) -> Door:
    token = app.tokens(world.signed_in(rose))["refresh_token"]
    return lambda: app.refresh(token).status_code == 200


def _userinfo(rose: User, app: RelyingParty) -> Door:
    token = app.tokens(world.signed_in(rose))["access_token"]
    return lambda: world.userinfo(token).status_code == 200


def _introspection(rose: User, app: RelyingParty) -> Door:
    token = app.tokens(world.signed_in(rose))["access_token"]
    form = {"client_id": app.client_id, "client_secret": app.secret, "token": token}
    return lambda: Browser().post("/api/oidc/introspect", form_body(form), content_type=world.FORM).json()["active"]


def _device(rose: User, app: RelyingParty) -> Door:
    proof = {"client_id": app.client_id, "client_secret": app.secret}
    asked = form_body({**proof, "scope": "openid"})
    codes = Browser().post("/api/oidc/device/authorize", asked, content_type=world.FORM).json()
    browser, typed = world.signed_in(rose), {"user_code": codes["user_code"]}
    browser.post("/device", typed)
    browser.post("/device/approve", typed)
    assert DeviceGrant.objects.get().status == DeviceGrant.AUTHORIZED
    grant = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": codes["device_code"]}
    return lambda: app.token(**grant).status_code == 200


def form_body(form: dict[str, Any]) -> str:
    return world.urlencode(form)


DOORS = [
    _session,
    _link,
    _passkey,
    _step_up,
    _silent_request,
    _code,
    _refresh,
    _userinfo,
    _introspection,
    _device,
]


# L03, C05, V22
@pytest.mark.parametrize("is_disabled", [True, False])
@pytest.mark.parametrize("door", DOORS)
def test_a_disabled_member_is_out_by_every_door(
    root: User, rose: User, app: RelyingParty, door: Callable[[User, RelyingParty], Door], is_disabled: bool
) -> None:
    enter = door(rose, app)
    if is_disabled:
        disable_member(member=rose, actor=None)
    assert enter() is not is_disabled

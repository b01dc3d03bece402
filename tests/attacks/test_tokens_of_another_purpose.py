"""A secret opens what it was made for, until its second is over, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import LoginCode, Session, Setup, User
from accounts.services import setup
from accounts.services.codes import create_code
from config.environment import derived_keys
from oidc_clients.models import Grant, PushedRequest
from tests.support.oidc_clients import world
from tests.support.oidc_clients.world import RelyingParty, urlencode

pytestmark = pytest.mark.django_db
CALLBACK = world.CALLBACK


def post(path: str, **form: str | None) -> Any:
    return Browser().post(path, urlencode({k: v for k, v in form.items() if v is not None}), content_type=world.FORM)


def proof(app: RelyingParty) -> dict[str, str | None]:
    return {"client_id": app.client_id, "client_secret": app.secret}


def link_token(rose: User) -> str:
    return create_code(user=rose, actor=None).link.rsplit("/", 1)[1]


def made(app: RelyingParty, rose: User) -> dict[str, str]:
    """Return a live secret of each kind that the service gives out."""
    browser = world.signed_in(rose)
    tokens = app.tokens(browser)
    device = post("/api/oidc/device/authorize", scope="openid", **proof(app)).json()
    pushed = post("/api/oidc/par", response_type="code", redirect_uri=CALLBACK, scope="openid", **proof(app)).json()
    return {
        "link": link_token(rose),
        "set-up token": derived_keys.setup_token(),
        "session": browser.cookies[browser_cookie(browser)].value,
        "code": app.code(browser),
        "refresh token": tokens["refresh_token"],
        "access token": tokens["access_token"],
        "ID token": tokens["id_token"],
        "device code": device["device_code"],
        "user code": device["user_code"],
        "pushed request": pushed["request_uri"],
    }


def browser_cookie(browser: Browser) -> str:
    return next(name for name in browser.cookies if "session" in name)


def _by_link(app: RelyingParty, value: str) -> bool:
    browser = Browser()
    browser.post(f"/lc/{value}")
    return browser.get("/account/").status_code == 200


def _by_cookie(app: RelyingParty, value: str) -> bool:
    browser = Browser()
    browser.cookies["hearthkey_session"] = value
    return browser.get("/account/").status_code == 200


def _as_code(app: RelyingParty, value: str) -> bool:
    return bool(app.redeem(value).status_code == 200)


def _as_refresh_token(app: RelyingParty, value: str) -> bool:
    return bool(app.refresh(value).status_code == 200)


def _as_access_token(app: RelyingParty, value: str) -> bool:
    return bool(world.userinfo(value).status_code == 200)


def _as_device_code(app: RelyingParty, value: str) -> bool:
    grant = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": value}
    return bool(app.token(**grant).json().get("error") == "authorization_pending")


def _as_user_code(app: RelyingParty, value: str) -> bool:
    browser = world.signed_in(User.objects.get(username="rose"))
    return bool(browser.post("/device", {"user_code": value}).status_code == 303)


def _as_pushed_request(app: RelyingParty, value: str) -> bool:
    browser = world.signed_in(User.objects.get(username="rose"))
    asked = browser.get("/authorize", {"client_id": app.client_id, "request_uri": value})
    location = asked.headers.get("Location", "")
    return asked.status_code < 400 and "error" not in parse_qs(urlsplit(location).query)


PLACES: dict[str, Callable[[RelyingParty, str], bool]] = {
    "link": _by_link,
    "session": _by_cookie,
    "code": _as_code,
    "refresh token": _as_refresh_token,
    "access token": _as_access_token,
    "device code": _as_device_code,
    "user code": _as_user_code,
    "pushed request": _as_pushed_request,
}


# L07, G05, V20
@pytest.mark.parametrize("place", PLACES)
def test_a_secret_of_another_purpose_opens_nothing(rose: User, app: RelyingParty, place: str) -> None:
    values = made(app, rose)
    own = values.pop(place)
    assert [kind for kind, value in values.items() if PLACES[place](app, value)] == []
    assert PLACES[place](app, own), "Its own place took nothing from it."


# L07, L08, V20
def test_a_one_time_link_is_no_set_up_token_and_the_set_up_token_signs_nobody_in(rose: User, settings: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_SETUP_OPEN = False
    link, token = link_token(rose), derived_keys.setup_token()
    assert Browser().post(f"/lc/{token}").status_code == 404
    # A service without members asks for the token; a link that was left over is not it.
    LoginCode.objects.all().delete()
    User.objects.all().delete()
    Setup.objects.all().delete()
    setup._completed = False
    form = {"username": "root", "email": "root@example.com"}
    for wrong in (link, token[:-1], f"{token}x", token.swapcase()):
        assert Browser().post("/setup", {**form, "token": wrong}).status_code == 403
    assert not User.objects.exists()
    assert Browser().post("/setup", {**form, "token": token}).status_code == 302


# L07, L06, V21: no clean-up runs here, so every row is still there.
@pytest.mark.parametrize(("left", "works"), [(timedelta(seconds=-1), False), (timedelta(seconds=20), True)])
@pytest.mark.parametrize("kind", ["link", "code", "pushed request", "session"])
def test_an_end_is_an_end_whatever_a_clean_up_did(
    rose: User, app: RelyingParty, kind: str, left: timedelta, works: bool
) -> None:
    value, ends_at = made(app, rose)[kind], timezone.now() + left
    LoginCode.objects.update(expires_at=ends_at)
    Grant.objects.update(expires=ends_at)
    if kind == "session":
        Session.objects.update(expires_at=ends_at)
    PushedRequest.objects.update(expires_at=ends_at)
    assert PLACES[kind](app, value) is works

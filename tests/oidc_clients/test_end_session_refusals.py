"""Sign-out requests that can't be followed: the page says why, and offers to sign out here without going back."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.test import Client as Browser

from accounts.models import User
from oidc_clients.services import keys, rotation
from tests.support.oidc_clients import world
from tests.support.oidc_clients.world import FORM, RelyingParty

pytestmark = pytest.mark.django_db
END = "/api/oidc/end-session"
BACK = "https://app.example.org/signed-out"
ELSEWHERE = "https://evil.example/"


@pytest.fixture
def app(rose: User) -> RelyingParty:
    return world.register(post_logout_redirect_uris=[BACK])


def is_signed_in(browser: Browser) -> bool:
    return browser.get("/account/").status_code == 200


def text_of(page: Any) -> str:
    return unescape(page.content.decode())


def offer(page: Any) -> dict[str, str]:
    """Return the fields of the form that signs out."""
    text = text_of(page)
    assert f'action="{END}/confirm"' in text
    return {name: text.split(f'name="{name}" value="')[1].split('"')[0] for name in ("request", "csrfmiddlewaretoken")}


def press(browser: Browser, page: Any) -> Any:
    return browser.post(f"{END}/confirm", offer(page), headers={"origin": "http://localhost:1411"})


def unregistered_address(app: RelyingParty, browser: Browser) -> dict[str, str]:
    return {"client_id": app.client_id, "post_logout_redirect_uri": ELSEWHERE}


def unreadable_hint(app: RelyingParty, browser: Browser) -> dict[str, str]:
    return {"id_token_hint": "a.b.c", "post_logout_redirect_uri": BACK}


def hint_of_a_dropped_key(app: RelyingParty, browser: Browser) -> dict[str, str]:
    hint = app.tokens(browser)["id_token"]
    rotation.drop_key(kid=keys.signing_key().kid)
    return {"id_token_hint": hint, "post_logout_redirect_uri": BACK}


def hint_of_another_client(app: RelyingParty, browser: Browser) -> dict[str, str]:
    other = world.register("Other", post_logout_redirect_uris=[BACK])
    hint = app.tokens(browser)["id_token"]
    return {"id_token_hint": hint, "client_id": other.client_id, "post_logout_redirect_uri": BACK}


def unknown_client(app: RelyingParty, browser: Browser) -> dict[str, str]:
    return {"client_id": "nobody", "post_logout_redirect_uri": BACK}


def value_too_long(app: RelyingParty, browser: Browser) -> dict[str, str]:
    return {"client_id": app.client_id, "post_logout_redirect_uri": BACK, "state": "A" * 9000}


FAULTS = [
    (unregistered_address, "App asked to send you to an address that isn't registered for it."),
    (unreadable_hint, "The app that sent you here didn't prove which app it is"),
    (hint_of_a_dropped_key, "The app that sent you here didn't prove which app it is"),
    (hint_of_another_client, "The app that sent you here referred to another app's sign-in."),
    (unknown_client, "The app that sent you here isn't registered or has been removed."),
    (value_too_long, "a value was repeated or too long"),
]
every_fault = pytest.mark.parametrize(("fault", "reason"), FAULTS, ids=[fault.__name__ for fault, _reason in FAULTS])


@every_fault
def test_refused_sign_out_says_why_and_signs_out_here(  # H01, H02
    app: RelyingParty, rose: User, fault: Any, reason: str
) -> None:
    asked = fault(app, world.signed_in(rose))
    browser = Browser(enforce_csrf_checks=True)
    browser.cookies = world.signed_in(rose).cookies
    page = browser.get(END, asked)
    text = text_of(page)
    assert page.status_code == 400
    assert reason in text
    assert "You're still signed in as rose" in text
    assert page.headers["X-Frame-Options"] == "DENY"
    assert is_signed_in(browser)
    done = press(browser, page)
    assert done.status_code == 200
    assert "You're signed out" in text_of(done)
    assert "http-equiv" not in text_of(done)
    assert not is_signed_in(browser)


@every_fault
def test_refused_sign_out_offers_nothing_where_nobody_is_signed_in(
    app: RelyingParty, browser: Browser, fault: Any, reason: str
) -> None:
    asked = fault(app, browser)
    page = Browser().get(END, asked)
    assert page.status_code == 400
    assert reason in text_of(page)
    assert "You aren't signed in here." in text_of(page)
    assert "<form" not in text_of(page)
    assert is_signed_in(browser)


@every_fault
def test_refused_sign_out_posted_by_another_site_is_explained_with_the_session(
    app: RelyingParty, browser: Browser, fault: Any, reason: str
) -> None:
    """The session cookie isn't sent with another site's form, so the reason comes back by a GET."""
    asked = fault(app, browser)
    answer = Browser(enforce_csrf_checks=True).post(
        END, urlencode(asked), content_type=FORM, headers={"origin": "https://app.example.org"}
    )
    assert answer.status_code == 303
    assert urlsplit(answer.headers["Location"]).path == END
    page = browser.get(answer.headers["Location"])
    assert page.status_code == 400
    assert reason in text_of(page)
    assert is_signed_in(browser)
    press(browser, page)
    assert not is_signed_in(browser)


def test_confirmation_that_came_too_late_can_be_pressed_again(
    app: RelyingParty, browser: Browser, settings: Any
) -> None:
    page = browser.get(END, {"client_id": app.client_id, "post_logout_redirect_uri": BACK})
    settings.HEARTHKEY_OIDC_CLIENTS_INTERACTION_LIFETIME = timedelta(seconds=-1)
    late = press(browser, page)
    settings.HEARTHKEY_OIDC_CLIENTS_INTERACTION_LIFETIME = timedelta(minutes=15)
    assert late.status_code == 400
    assert "It took too long" in text_of(late)
    assert is_signed_in(browser)
    assert "You're signed out" in text_of(press(browser, late))
    assert not is_signed_in(browser)


def test_refused_sign_out_never_ends_the_session_that_the_hint_names(
    app: RelyingParty, browser: Browser, rose: User
) -> None:
    elsewhere = world.signed_in(rose)
    hint = app.tokens(elsewhere)["id_token"]
    page = browser.get(END, {"id_token_hint": hint, "post_logout_redirect_uri": ELSEWHERE})
    press(browser, page)
    assert not is_signed_in(browser)
    assert is_signed_in(elsewhere)


def test_broken_hint_without_a_return_address_only_asks(app: RelyingParty, browser: Browser) -> None:
    """Nothing in such a request can't be followed."""
    page = browser.get(END, {"id_token_hint": "a.b.c"})
    assert page.status_code == 200
    assert "Sign out?" in text_of(page)

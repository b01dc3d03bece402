"""Redirects after a form: those that may end at a client become a page that continues by itself."""

from __future__ import annotations

from html import unescape
from urllib.parse import quote, urlencode

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client as Browser
from django.test import RequestFactory

from accounts.models import User
from oidc_clients.middleware import GoingOnMiddleware
from tests.support.oidc_clients import world

CLIENT = "https://app.example.org/callback?code=a&state=b"
AUTHORIZE = "/authorize?client_id=a&scope=openid"
ENROLMENT = f"/account/passkeys/first?{urlencode({'next': AUTHORIZE})}"


def answer(location: str, *, method: str = "POST", path: str = "/login/code", **headers: str) -> HttpResponse:
    """Return what the browser gets where a view answers with this redirect."""

    def view(_request: HttpRequest) -> HttpResponse:
        response = HttpResponse(status=303, headers={"Location": location, "X-Extra": "kept"})
        response.set_cookie("session", "new")
        return response

    request = RequestFactory(headers={"host": "localhost:1411", **headers}).generic(method, path)
    return GoingOnMiddleware(view)(request)


def is_page(response: HttpResponse) -> bool:
    return response.status_code == 200


@pytest.mark.parametrize(
    "location",
    [
        CLIENT,
        "app.example:/callback?code=a",
        "//app.example.org/callback",
        "http://localhost:8000/callback",
        AUTHORIZE,
        f"http://localhost:1411{AUTHORIZE}",
        "/api/oidc/end-session?request=a",
        f"/login?{urlencode({'next': AUTHORIZE})}",
        f"/account/confirm?{urlencode({'next': ENROLMENT})}",
    ],
)
def test_redirect_that_may_end_at_a_client_becomes_a_page(location: str) -> None:
    response = answer(location)
    assert is_page(response)
    text = unescape(response.content.decode())
    assert f'content="0; url={location}"' in text
    assert f'<a href="{location}">' in text
    assert "Location" not in response.headers
    assert response.headers["X-Extra"] == "kept"
    assert response.cookies["session"].value == "new"
    assert "form-action 'none'" in response.headers["Content-Security-Policy"]
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Cross-Origin-Opener-Policy"] == "unsafe-none"


@pytest.mark.parametrize(
    "location",
    [
        "/account/",
        "/account/?saved",
        "http://localhost:1411/account/",
        f"/login?{urlencode({'next': '/account/apps'})}",
        f"/account/?note={quote('authorize')}",
        "/nowhere?next=/nowhere",
    ],
)
def test_redirect_that_stays_here_is_left_alone(location: str) -> None:
    response = answer(location)
    assert (response.status_code, response.headers["Location"]) == (303, location)


@pytest.mark.parametrize("quotation_mark", ["'", '"'])
def test_relative_address_is_no_other_host_behind_a_quotation_mark(quotation_mark: str) -> None:
    """A refresh drops a quotation mark in front of the address, which a redirect doesn't."""
    location = f"{quotation_mark}//evil.example/?{urlencode({'next': AUTHORIZE})}"
    text = unescape(answer(location).content.decode())
    assert 'content="0; url=http://localhost:1411/login/' in text


def test_redirect_of_a_get_is_left_alone() -> None:
    assert answer(CLIENT, method="GET").status_code == 303


def test_redirect_for_a_script_is_left_alone() -> None:
    assert answer(CLIENT, **{"sec-fetch-mode": "cors"}).status_code == 303
    assert is_page(answer(CLIENT, **{"sec-fetch-mode": "navigate"}))


def test_form_of_another_site_goes_on_here_by_a_redirect() -> None:
    assert answer("/login?next=" + quote(AUTHORIZE), path="/authorize").status_code == 303
    assert is_page(answer("/login?next=" + quote(AUTHORIZE), path="/login/code"))


@pytest.mark.django_db
def test_message_is_shown_on_the_page_after(rose: User) -> None:
    world.signed_in(rose)
    browser: Browser = world.signed_in(rose)
    response = browser.post("/account/sessions/others/end", {"next": AUTHORIZE})
    assert is_page(response)
    assert "1 other session ended." not in response.content.decode()
    assert "1 other session ended." in browser.get("/account/").content.decode()

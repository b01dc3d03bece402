"""No address of the service is a server error, whatever stands in its path or its query (checklist A01)."""

from __future__ import annotations

import uuid
from itertools import product
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import URLPattern, URLResolver, get_resolver

from tests.support.config.live import operator

pytestmark = pytest.mark.django_db

HOSTILE = ("a%00b", "%ED%A0%80", "%FF", "a%0D%0Ab", "9" * 30, "%F0%9F%92%A5" * 50)
NAMES = ("next", "q", "event", "before", "after", "page", "code", "token", "client_id", "user_code", "interaction")
FORM = "&".join(
    f"{name}=?" for name in (*NAMES, "name", "email", "username", "first_name", "locale", "scope", "action")
)
_FILLED = {"<uuid:": str(uuid.UUID(int=7)), "<int:": "7"}


def _routes(found: list[Any], prefix: str = "") -> list[str]:
    routes = []
    for one in found:
        if isinstance(one, URLResolver) and one.app_name != "admin":
            routes += _routes(one.url_patterns, prefix + str(one.pattern))
        elif isinstance(one, URLPattern):
            routes.append("/" + prefix + str(one.pattern))
    return routes


def _filled(route: str, value: str) -> str:
    parts = []
    for part in route.split("/"):
        known = next((text for converter, text in _FILLED.items() if converter in part), value)
        head, opened, rest = part.partition("<")
        parts.append(head + known + rest.partition(">")[2] if opened else part)
    return "/".join(parts)


def _paths() -> set[str]:
    return {_filled(route, value) for route in _routes(get_resolver().url_patterns) for value in HOSTILE}


@pytest.fixture(params=["signed_in", "signed_out"])
def browser(request: pytest.FixtureRequest) -> Browser:
    inside = operator()
    return inside if request.param == "signed_in" else Browser()


def test_a_path(browser: Browser) -> None:
    paths = _paths()
    assert any("%00" in path for path in paths)
    for path in sorted(paths):
        assert browser.get(path).status_code < 500, path


@pytest.mark.parametrize(
    "body", [*(FORM.replace("?", value) for value in HOSTILE[:4]), r'{"name": "\u0000", "id": "\ud800"}']
)
def test_a_path_that_something_is_sent_to(browser: Browser, body: str) -> None:
    content_type = "application/json" if body.startswith("{") else "application/x-www-form-urlencoded"
    for path in sorted({_filled(route, "a%00b") for route in _routes(get_resolver().url_patterns)}):
        # Signing out in the middle would leave the rest to a stranger.
        if "sign-out" not in path and "logout" not in path:
            assert browser.post(path, body, content_type=content_type).status_code < 500, path


def test_a_query(browser: Browser) -> None:
    paths = {path for path in _paths() if "%" not in path and "9" * 30 not in path}
    for path, name, value in product(sorted(paths), NAMES, HOSTILE[:2]):
        assert browser.get(path, QUERY_STRING=f"{name}={value}").status_code < 500, (path, name)

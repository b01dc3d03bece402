"""Requests that fail: whatever the body, the answer is a 4xx page; every 500 has a traceback and its reference in the log."""

from __future__ import annotations

import copy
import logging
import uuid
from collections.abc import Callable
from typing import Any, NoReturn

import pytest
from django.conf import settings as project_settings
from django.http import HttpRequest, HttpResponse
from django.test import Client

from config.environment.logs import LineFormatter
from tests.support.accounts.people import browser, make, superuser

from .failing_urls import SECRET

pytestmark = pytest.mark.django_db

BODIES = {
    "no boundary": ("multipart/form-data", b"--x\r\n"),
    "broken part": ("multipart/form-data; boundary=x", b"--x\r\nnothing"),
    "2,001 fields": ("application/x-www-form-urlencoded", b"&".join(b"f%d=1" % number for number in range(2001))),
    "3 MB": ("application/x-www-form-urlencoded", b"f=" + b"a" * 3_000_000),
    "no charset": ("application/x-www-form-urlencoded; charset=nothing", b"a=1"),
    "fine": ("application/x-www-form-urlencoded", b"a=1"),
}
ABSENT = uuid.UUID(int=1)
PATHS = [
    "/no/such/page",
    "/authorize/not-a-uuid/consent",
    f"/authorize/{ABSENT}/consent",
    "/account/apps/devices/not-a-uuid/end",
    f"/account/apps/devices/{ABSENT}/end",
    "/account/profile",
    "/admin/hearthkey_accounts/user/not-a-uuid/change/",
    "/admin/no/such/page/",
    "/api/oidc/nothing",
    "/static/nothing.css",
    "/lc",
    "/setup",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("body", BODIES)
def test_body_that_cannot_be_parsed_is_answered_with_4xx(path: str, body: str) -> None:
    (content_type, data), member = BODIES[body], superuser()
    for strict in (True, False):
        found = Client(enforce_csrf_checks=strict, raise_request_exception=False)
        found.cookies = browser(member).cookies
        # Only with the cookie of a page that has a form is the body read for a token.
        assert found.get("/account/profile").status_code == 200
        response = found.generic("POST", path, data, content_type)
        assert 200 <= response.status_code < 500, response.content


@pytest.mark.parametrize("path", ["/no/such/page", "/authorize/not-a-uuid/consent"])
def test_missing_page_is_404_for_any_body(path: str) -> None:
    found = Client(enforce_csrf_checks=True, raise_request_exception=False)
    found.cookies = browser(make("ada")).cookies
    assert found.get("/account/profile").status_code == 200
    for content_type, data in BODIES.values():
        response = found.generic("POST", path, data, content_type)
        assert response.status_code == 404
        assert b"<h1>" in response.content
    assert browser().get("/login").status_code == 200


def raising(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: HttpRequest) -> NoReturn:
        raise RuntimeError(SECRET)

    return middleware


def with_templates(**templates: str) -> list[dict[str, Any]]:
    found = copy.deepcopy(project_settings.TEMPLATES)
    found[0]["APP_DIRS"] = False
    found[0]["OPTIONS"]["loaders"] = [
        (
            "django.template.loaders.locmem.Loader",
            {name.replace("_html", ".html"): text for name, text in templates.items()},
        ),
        "django.template.loaders.filesystem.Loader",
        "django.template.loaders.app_directories.Loader",
    ]
    return found


BROKEN = "{% load i18n %}{% include missing_name %}"
CAUSES = ["view", "template", "middleware", "page for 404", "page for 500"]


@pytest.mark.urls("tests.config.failing_urls")
@pytest.mark.parametrize("cause", CAUSES)
def test_failure_is_logged_with_its_traceback_and_reference(
    cause: str, settings: Any, caplog: pytest.LogCaptureFixture, member: object
) -> None:
    path, status = "/account/fails", 500
    if cause == "template":
        path, settings.TEMPLATES = "/account/broken", with_templates(broken_html=BROKEN)
    if cause == "middleware":
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.config.test_error_pages.raising"]
    if cause == "page for 404":
        path, status = "/no/such/page", 404
        settings.TEMPLATES = with_templates(**{"404_html": BROKEN})
    if cause == "page for 500":
        settings.TEMPLATES = with_templates(**{"500_html": BROKEN})
    response = Client(raise_request_exception=False).get(path)
    assert response.status_code == status
    reference = response.headers["X-Request-ID"]
    assert reference in response.content.decode()
    failures = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert failures
    for record in failures:
        assert record.exc_info, record.getMessage()
        assert reference in LineFormatter().format(record)


def test_head_has_the_headers_of_get_and_no_body(member: object) -> None:
    for path in ("/login", "/no/such/page", "/.well-known/openid-configuration"):
        head, get = Client().head(path), Client().get(path)
        assert head.status_code == get.status_code
        assert head.headers["Content-Length"] == str(len(get.content))
        assert head.content == b""


def test_too_large_body_is_413_on_a_page_too(member: object) -> None:
    content_type, data = BODIES["3 MB"]
    assert Client().generic("POST", "/authorize", data, content_type).status_code == 413
    assert Client().generic("POST", "/authorize", b"client_id=nobody", content_type).status_code == 400

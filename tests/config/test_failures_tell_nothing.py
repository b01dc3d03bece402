"""What a visitor sees when a view of ours fails: a constant answer and the reference that is in the log."""

from __future__ import annotations

import pytest
from django.test import Client

from config.environment.logs import LineFormatter
from tests.support.accounts.people import browser, superuser

from .failing_urls import SECRET

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.config.failing_urls")]


def test_a_person_gets_a_constant_page(caplog: pytest.LogCaptureFixture) -> None:  # M02
    answers = [browser(superuser()).get("/account/fails"), Client(raise_request_exception=False).get("/account/fails")]
    texts = []
    for response in answers:
        assert response.status_code == 500
        assert response.headers["Content-Type"] == "text/html; charset=utf-8"
        text, reference = response.content.decode(), response.headers["X-Request-ID"]
        assert reference in text
        assert SECRET not in text
        assert "Traceback" not in text
        texts.append(text.replace(reference, ""))
    assert texts[0] == texts[1]
    logged = [LineFormatter().format(record) for record in caplog.records if record.name == "django.request"]
    assert len(logged) == 2
    assert all(f"| RuntimeError: {SECRET}" in line for line in logged)


@pytest.mark.parametrize("path", ["/api/fails", "/.well-known/fails"])
def test_a_client_gets_a_constant_object(member: object, path: str) -> None:  # M02
    response = Client(raise_request_exception=False).get(path)
    assert response.status_code == 500
    reference = response.headers["X-Request-ID"]
    assert response.json() == {"error": "server_error", "error_description": f"Reference {reference}"}


@pytest.mark.parametrize("path", ["/login", "/.well-known/openid-configuration"])
def test_what_does_not_fail_is_served_beside_it(member: object, path: str) -> None:
    assert Client(raise_request_exception=False).get(path).status_code == 200

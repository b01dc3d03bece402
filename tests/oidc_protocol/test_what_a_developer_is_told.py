"""Where nothing may be redirected, the page and the log say which mistake it was, and the log repeats no secret."""

from __future__ import annotations

from typing import Any

import pytest

from oidc_clients.views.loggable import loggable
from tests.support.oidc_protocol.factories import (
    CALLBACK,
    SECRET,
    answer_of,
    ask,
    browser,
    make_client,
    post_form,
    request_for,
)

pytestmark = pytest.mark.django_db


# A02
def test_a_missing_a_repeated_and_a_wrong_redirect_uri_have_texts_of_their_own(caplog: Any) -> None:
    client = make_client()
    pages = [
        ask(browser(), client, redirect_uri=None),
        browser().get("/authorize", {**request_for(client), "redirect_uri": [CALLBACK, CALLBACK]}),
        ask(browser(), client, redirect_uri=f"{CALLBACK}/\r\nx?secret=canary#canary"),
    ]
    assert [page.status_code for page in pages] == [400, 400, 400]
    texts = ["send a return address", "more than one return address", "registered for it"]
    for place, page in enumerate(pages):
        assert [text in page.content.decode() for text in texts] == [place == number for number in range(3)]
    assert [line.partition("refused: ")[2] for line in caplog.messages if "refused" in line] == [
        "missing redirect URI, client app: (none).",
        f"repeated redirect URI, client app: {CALLBACK}.",
        f"unregistered redirect URI, client app: {CALLBACK}/??x?***.",
    ]
    assert "canary" not in caplog.text
    assert ask(browser(), client).status_code == 303


# A01
def test_the_log_names_an_unknown_client(caplog: Any) -> None:
    client = make_client()
    assert ask(browser(), client, client_id="no\nbody").status_code == 400
    assert ask(browser(), client, client_id=None).status_code == 400
    assert [line.partition("refused: ")[2] for line in caplog.messages if "refused" in line] == [
        "unknown client no?body.",
        "unknown client (none).",
    ]
    assert ask(browser(), client).status_code == 303


def test_a_pushed_request_that_was_used_is_not_said_to_be_of_another_browser() -> None:
    client = make_client()
    pushed = post_form("/api/oidc/par", {**request_for(client, prompt="none"), "client_secret": SECRET}).json()
    query = {"client_id": "app", "request_uri": pushed["request_uri"]}
    assert answer_of(browser().get("/authorize", query))["error"] == "login_required"
    again = browser().get("/authorize", query)
    assert again.status_code == 400
    assert b"already been used" in again.content
    assert b"another browser" not in again.content


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "(none)"),
        ("https://a.test/b", "https://a.test/b"),
        ("https://a.test/b?code=x", "https://a.test/b?***"),
        ("https://a.test/b#t?x", "https://a.test/b#***"),
        ("a\x1b[31m\u202e\u00e9", "a?[31m??"),
        ("x" * 201, "x" * 200 + "..."),
        ("x" * 200, "x" * 200),
    ],
)
def test_a_value_is_logged_short_and_harmless(value: str | None, told: str) -> None:
    assert loggable(value) == told

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.models import Setup, SetupWindow, User
from accounts.services import setup
from tests.support.accounts.people import browser, events, make
from tests.support.racing import at_once, numbered

pytestmark = pytest.mark.django_db
ROOT = {"username": "root", "email": "root@example.com", "first_name": "Rosa", "last_name": "Root"}
TOKEN = "a-token-of-the-tests"


@pytest.fixture
def public(settings: Any) -> None:
    """A service that more than this computer reaches."""
    settings.HEARTHKEY_ACCOUNTS_SETUP_OPEN = False
    settings.HEARTHKEY_ACCOUNTS_SETUP_TOKEN = TOKEN
    settings.HEARTHKEY_ACCOUNTS_SETUP_TOKEN_FIXED = False
    settings.HEARTHKEY_ACCOUNTS_BASE_URL = "https://id.example.com"


def started(ago: timedelta) -> None:
    setup.open_window()
    SetupWindow.objects.update(opened_at=timezone.now() - ago)


def labels(text: str) -> list[str]:
    return [label.strip().rstrip(":") for label in re.findall(r"<label[^>]*>([^<]*)</label>", text)]


def test_the_form_has_the_labels_and_the_button_that_guides_name() -> None:
    response = browser().get("/setup")
    text = response.content.decode()
    assert response.status_code == 200
    assert labels(text) == [
        "Username",
        "Email address",
        "First name",
        "Last name",
        "I own this email address (shared with apps as verified)",
    ]
    assert re.search(r"<button[^>]*>Create administrator</button>", text)
    (tick,) = re.findall(r'<input[^>]*type="checkbox"[^>]*>', text)
    assert "checked" in tick


def test_the_wizard_makes_a_superuser_without_a_password_and_signs_them_in() -> None:
    client = browser()
    response = client.post("/setup", {**ROOT, "email_verified": "on"})
    assert response.status_code == 302
    assert response.headers["Location"] == "/account/passkeys/first"
    user = User.objects.get()
    assert (user.username, user.is_superuser, user.is_staff, user.is_active) == ("root", True, True, True)
    assert not user.has_usable_password()
    assert user.email_verified
    entry = client.session["hearthkey_auth"]
    assert (entry["method"], entry["at"], entry["passkey"]) == ("setup", None, None)
    assert client.get("/account/").status_code == 200


def test_without_the_tick_the_address_is_not_verified() -> None:  # G12
    browser().post("/setup", ROOT)
    assert not User.objects.get().email_verified


def test_completion_is_audited(
    caplog: pytest.LogCaptureFixture, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    with caplog.at_level("INFO", logger="hearthkey.audit"), django_capture_on_commit_callbacks(execute=True):
        browser().post("/setup", ROOT, REMOTE_ADDR="203.0.113.9")
    (event,) = events("setup_completed")
    user = User.objects.get()
    assert (event.subject_id, event.subject_name, event.ip_address) == (str(user.pk), "root", "203.0.113.9")
    assert [event.data["method"] for event in events("signed_in")] == ["setup"]
    assert any("setup_completed" in record.getMessage() for record in caplog.records)


# V19
def test_afterwards_the_wizard_is_gone_for_ever() -> None:  # L08
    browser().post("/setup", ROOT)
    other = browser()
    assert other.get("/setup").status_code == 404
    assert other.post("/setup", {**ROOT, "username": "second", "email": ""}).status_code == 409
    # Even if that administrator is deleted past every rule, and the process starts anew.
    User.objects.all().delete()
    setup._completed = False
    assert other.get("/setup").status_code == 404
    assert other.get("/setup", {"token": TOKEN}).status_code == 404
    assert other.post("/setup", ROOT).status_code == 409
    assert not User.objects.exists()


@pytest.mark.parametrize(("is_over", "status"), [(True, 409), (False, 403)])
def test_who_posts_without_the_form_is_told_that_it_is_over(is_over: bool, status: int) -> None:  # L08
    if is_over:
        browser().post("/setup", ROOT)
    assert Client(enforce_csrf_checks=True).post("/setup", ROOT).status_code == status
    assert User.objects.exists() is is_over


def test_with_a_member_made_by_command_the_wizard_is_closed() -> None:  # L08
    make("ada")
    assert browser().get("/setup").status_code == 404
    assert browser().post("/setup", ROOT).status_code == 409
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("ago", "status"), [(timedelta(minutes=14, seconds=58), 200), (timedelta(minutes=15, seconds=1), 403)]
)
@pytest.mark.usefixtures("public")
def test_the_window_is_open_for_15_minutes(ago: timedelta, status: int) -> None:  # L08
    started(ago)
    assert browser().get("/setup").status_code == status
    assert browser().post("/setup", ROOT).status_code == (302 if status == 200 else 403)
    assert User.objects.exists() is (status == 200)


@pytest.mark.usefixtures("public")
def test_after_the_window_the_refusal_explains_itself_and_the_link_works() -> None:  # L08
    started(timedelta(minutes=15, seconds=1))
    client = browser()
    text = client.get("/setup").content.decode()
    assert "setup_link" in text
    assert "log" in text
    assert TOKEN not in text
    out = StringIO()
    call_command("setup_link", stdout=out)
    link = out.getvalue().strip()
    assert link == f"https://id.example.com/setup?token={TOKEN}"
    response = client.get(link.removeprefix("https://id.example.com"))
    assert response.status_code == 200
    assert response.headers["Referrer-Policy"] == "strict-origin"
    hidden = re.search(r'name="token" value="([^"]*)"', response.content.decode())
    assert hidden is not None
    assert client.post("/setup", {**ROOT, "token": hidden[1]}).status_code == 302
    assert User.objects.get().is_superuser


@pytest.mark.parametrize("wrong", ["", TOKEN[:-1], TOKEN.upper(), "é" * 20])
@pytest.mark.usefixtures("public")
def test_another_token_is_refused(wrong: str) -> None:  # L08
    started(timedelta(minutes=16))
    assert browser().get("/setup", {"token": wrong}).status_code == 403
    assert browser().post("/setup", {**ROOT, "token": wrong}).status_code == 403
    assert not User.objects.exists()


@pytest.mark.usefixtures("public")
def test_without_a_start_or_a_token_nobody_gets_in(settings: Any) -> None:  # L08
    assert browser().get("/setup").status_code == 403
    settings.HEARTHKEY_ACCOUNTS_SETUP_TOKEN = ""
    assert browser().post("/setup", {**ROOT, "token": ""}).status_code == 403
    assert not User.objects.exists()


@pytest.mark.usefixtures("public")
def test_a_fixed_token_closes_the_window(settings: Any) -> None:  # L08
    settings.HEARTHKEY_ACCOUNTS_SETUP_TOKEN_FIXED = True
    setup.open_window()
    assert browser().get("/setup").status_code == 403
    assert browser().post("/setup", ROOT).status_code == 403
    assert browser().get("/setup", {"token": TOKEN}).status_code == 200
    assert browser().post("/setup", {**ROOT, "token": TOKEN}).status_code == 302


def test_the_link_is_not_printed_once_set_up() -> None:
    make("ada")
    with pytest.raises(CommandError):
        call_command("setup_link", stdout=StringIO())


HOSTILE = [
    {"username": ""},
    {"username": "a" * 51},
    {"username": "ro\x00ot"},
    {"username": "ro ot"},
    {"username": "<script>"},
    {"username": "root\u202e"},
    {"username": "../../etc"},
    {"email": "no address"},
    {"email": "a" * 300 + "@example.com"},
    {"email": "a@example.com\nBcc: b@example.com"},
    {"first_name": "x" * 51},
    {"first_name": "a\x00b"},
    {"last_name": "a\u2028b"},
    {"token": "t" * 301},
    {"token": "\x00"},
]


@pytest.mark.parametrize("change", HOSTILE, ids=repr)
def test_hostile_input_is_refused_with_the_form(change: dict[str, str]) -> None:
    response = browser().post("/setup", {**ROOT, **change})
    assert 400 <= response.status_code < 500
    assert "<script>" not in response.content.decode()
    assert not User.objects.exists()
    assert not Setup.objects.exists()


def test_a_refused_form_can_be_corrected() -> None:
    client = browser()
    client.post("/setup", {**ROOT, "username": "ro ot"})
    assert client.post("/setup", ROOT).status_code == 302


def test_a_long_body_of_unknown_fields_changes_nothing_else() -> None:
    client = browser()
    more = {"is_superuser": "", "id": "00000000-0000-0000-0000-000000000000", "password": "secret"}
    assert client.post("/setup", {**ROOT, **more}).status_code == 302
    user = User.objects.get()
    assert str(user.pk) != more["id"]
    assert not user.has_usable_password()


# V5
@pytest.mark.django_db(transaction=True)
def test_twenty_simultaneous_submissions_make_one_administrator() -> None:  # L08
    def submit(number: int) -> int:
        form = {"username": f"root{number}", "email": f"root{number}@example.com"}
        return browser().post("/setup", form).status_code

    assert sorted(map(str, at_once(numbered(20, submit)))) == ["302", *["409"] * 19]
    user = User.objects.get()
    assert user.is_superuser
    assert Setup.objects.get().administrator_id == str(user.pk)
    assert len(events("setup_completed")) == 1

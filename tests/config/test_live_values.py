"""Where the values in force come from, when they are read, and what happens where there is nothing to read."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from config import live
from config.environment import schema
from config.environment.exceptions import ConfigurationError
from config.live import fixed, values
from config.live.fixed import read
from config.live.registry import SETTINGS
from config.models import Job, Setting
from tests.support import servers
from tests.support.config.live import PAGE, change, fields_of, operator, page_of


def fix(settings: Any, **environ: str) -> None:
    """Start, as it were, with these variables."""
    settings.FIXED_CONFIGURATION = read(environ)


#: What each variable says, and what that means.
GIVEN: list[tuple[str, str, str, Any]] = [
    ("APP_NAME", "Mill", "general.name", "Mill"),
    ("ACCENT_COLOR", "#0AF", "general.colour", "#00aaff"),
    ("ACCENT_COLOR", "teal", "general.colour", "#0d9488"),
    ("ACCENT_COLOR", "default", "general.colour", ""),
    ("HOME_PAGE_URL", "/settings/apps", "general.home_page", "apps"),
    ("ALLOW_OWN_ACCOUNT_EDIT", "false", "people.own_account_editing", False),
    ("ALLOW_USER_NAME_EDIT", "no", "people.user_name_editing", False),
    ("REQUIRE_USER_EMAIL", "true", "people.email_required", True),
    ("EMAILS_VERIFIED", "yes", "people.emails_verified", True),
    ("ALLOW_USER_SIGNUPS", "withToken", "people.sign_up", "link"),
    ("ALLOW_USER_SIGNUPS", "disabled", "people.sign_up", "off"),
    ("ALLOW_USER_SIGNUPS", "open", "people.sign_up", "open"),
    ("SIGNUP_DEFAULT_USER_GROUP_IDS", "[3, 1]", "people.default_groups", (1, 3)),
    ("SIGNUP_DEFAULT_USER_GROUP_IDS", "3,1,3", "people.default_groups", (1, 3)),
    ("EMAIL_ONE_TIME_ACCESS_AS_UNAUTHENTICATED_ENABLED", "1", "people.codes_by_mail", True),
    ("ALLOW_OTHER_DEVICE_SIGN_IN", "0", "people.other_device", False),
    ("SESSION_IDLE_TIMEOUT", "2 days", "sessions.idle", timedelta(days=2)),
    ("SESSION_DURATION", "60", "sessions.absolute", timedelta(hours=1)),
    ("STEP_UP_WINDOW", "0", "sessions.step_up_window", timedelta(0)),
    ("WEBAUTHN_USER_VERIFICATION", "preferred", "passkeys.user_verification", "preferred"),
    ("WEBAUTHN_ALLOW_SYNCED_PASSKEYS", "false", "passkeys.synced", False),
    ("WEBAUTHN_AUTHENTICATOR_ATTACHMENT", "cross-platform", "passkeys.attachment", "cross-platform"),
    ("SMTP_HOST", "smtp.example.com", "mail.host", "smtp.example.com"),
    ("SMTP_PORT", "25", "mail.port", 25),
    ("SMTP_USER", "login", "mail.user", "login"),
    ("SMTP_PASSWORD", " secret ", "mail.password", " secret "),
    ("SMTP_TLS", "none", "mail.security", "none"),
    ("SMTP_SKIP_CERT_VERIFY", "true", "mail.verify_certificate", False),
    ("SMTP_FROM", "login@example.com", "mail.from", "login@example.com"),
    ("EMAIL_LOGIN_NOTIFICATION_ENABLED", "false", "mail.new_sign_in", False),
    ("EMAIL_PASSKEY_ADDED_ENABLED", "false", "mail.passkey_added", False),
    ("EMAIL_PASSKEY_REMOVED_ENABLED", "false", "mail.passkey_removed", False),
    ("EMAIL_CODE_NOTICES_ENABLED", "false", "mail.code_notices", False),
    ("EMAIL_ADDRESS_CHANGED_ENABLED", "false", "mail.email_changed", False),
]
ILL_FORMED = [
    ("EMAILS_VERIFIED", "on"),
    ("APP_NAME", "x" * 51),
    ("ACCENT_COLOR", "reddish"),
    ("HOME_PAGE_URL", "https://elsewhere.example"),
    ("ALLOW_USER_SIGNUPS", "maybe"),
    ("SIGNUP_DEFAULT_USER_GROUP_IDS", '["family"]'),
    ("SIGNUP_DEFAULT_USER_GROUP_IDS", "[1"),
    ("SIGNUP_DEFAULT_USER_GROUP_IDS", '[["1"]]'),
    ("SESSION_DURATION", "2 fortnights"),
    ("WEBAUTHN_USER_VERIFICATION", "discouraged"),
    ("SMTP_HOST", "smtp://example.com"),
    ("SMTP_PORT", "0"),
    ("SMTP_TLS", "ssl"),
    ("SMTP_SKIP_CERT_VERIFY", "perhaps"),
    ("SMTP_FROM", "login"),
    ("LOGO_LIGHT_PATH", "/nowhere/logo.png"),
    ("LOGO_DARK_PATH", "manage.py"),
]


@pytest.mark.parametrize(("variable", "text", "key", "expected"), GIVEN)
def test_a_variable_fixes_its_key(variable: str, text: str, key: str, expected: Any) -> None:
    beside = {"SMTP_HOST": "mail"} if variable == "SMTP_PASSWORD" else {}
    assert read({variable: text, **beside}) == {key: expected, **read(beside)}
    assert read({variable: ""}) == {}


def test_every_variable_has_such_a_case() -> None:
    named = {case[0] for case in GIVEN} | {"LOGO_LIGHT_PATH", "LOGO_DARK_PATH"}
    assert named == {entry.variable for entry in SETTINGS.values()}
    every = [variable.name for variable in (*schema.variables(), *fixed.variables())]
    assert len(set(every)) == len(every)
    assert not named & set(schema.INCUMBENT_ONLY)


@pytest.mark.parametrize(("variable", "text"), ILL_FORMED)
def test_an_ill_formed_variable_stops_the_start_with_one_line(variable: str, text: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^{variable} .*Allowed: ") as caught:
        read({variable: text})
    assert "\n" not in str(caught.value)


def test_an_ill_formed_password_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="^SMTP_PASSWORD ") as caught:
        read({"SMTP_PASSWORD": "canary\x07", "SMTP_HOST": "mail"})
    assert "canary" not in str(caught.value)
    file = tmp_path / "password"
    file.write_text("from a file\n", encoding="ascii")
    found = read({"SMTP_PASSWORD_FILE": str(file), "SMTP_HOST": "mail"})
    assert found["mail.password"] == "from a file"


def test_a_password_stands_beside_the_server_it_is_for() -> None:
    """Or the page could name another server, and the password would be sent there."""
    with pytest.raises(ConfigurationError, match="^SMTP_PASSWORD .*SMTP_HOST") as caught:
        read({"SMTP_PASSWORD": "canary"})
    assert "canary" not in str(caught.value)
    assert read({"SMTP_PASSWORD": "canary", "SMTP_HOST": "mail"})["mail.host"] == "mail"


@pytest.mark.django_db
def test_a_key_that_the_environment_fixes_is_shown_locked_and_no_form_changes_it(settings: Any) -> None:
    browser = operator()
    change(browser, general_name="Mill", mail_password="stored")
    mail = {"SMTP_HOST": "mail", "SMTP_PASSWORD": "canary"}
    fix(settings, APP_NAME="Fixed", ALLOW_USER_SIGNUPS="open", REQUIRE_USER_EMAIL="true", **mail)
    page = page_of(browser)
    for name in ("APP_NAME", "ALLOW_USER_SIGNUPS", "REQUIRE_USER_EMAIL", *mail):
        assert f"Locked: the variable <code>{name}</code>" in page
    assert "<code>SMTP_PORT</code>" not in page
    assert "canary" not in page
    shown = page.split('name="general_name"')[1].split(">")[0]
    assert 'value="Fixed"' in shown
    assert "disabled" in shown
    assert "general_name" not in fields_of(page)
    sent = {"general_name": "Forced", "mail_password": "forced", "mail_password_clear": "on", "people_sign_up": "off"}
    assert change(browser, page, mail_user="login", **sent).status_code == 302
    assert live.value("mail.user") == "login"
    assert live.value("general.name") == "Fixed"
    assert live.value("mail.password") == "canary"
    assert live.value("people.sign_up") == "open"
    assert live.value("people.email_required") is True
    # What the page saved is back when the variable goes.
    fix(settings)
    assert live.value("general.name") == "Mill"
    assert live.value("mail.password") == "stored"
    assert live.value("people.email_required") is False


@pytest.mark.django_db
def test_one_read_serves_everybody_for_two_seconds() -> None:
    values.forget()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        for key in SETTINGS:
            live.value(key)
        live.value("general.name")
    assert len([one for one in queries if "hearthkey_config_setting" in one["sql"]]) == 1
    Setting.objects.create(key="general.name", value="Mill")
    assert live.value("general.name") == "Hearthkey"
    values.forget()
    assert live.value("general.name") == "Mill"


@pytest.mark.django_db
def test_what_another_process_saved_is_seen_when_the_read_is_old() -> None:
    clock = [1000.0]
    kept = values.Kept(values.stored_or_none, lambda: clock[0])
    assert kept.rows() == {}
    Setting.objects.create(key="general.name", value="Mill")
    clock[0] += values.FRESH_FOR - 0.1
    assert kept.rows() == {}
    clock[0] += 0.2
    assert kept.rows() == {"general.name": "Mill"}


@pytest.mark.django_db
def test_a_stored_value_that_means_nothing_any_more_gives_the_default() -> None:
    for key, value in (("people.sign_up", "invited"), ("sessions.idle", "long"), ("gone.key", 1), ("mail.host", "a")):
        Setting.objects.create(key=key, value=value)
    values.forget()
    assert live.value("people.sign_up") == "off"
    assert live.value("sessions.idle") == timedelta(hours=24)
    assert live.value("mail.host") == "a"
    browser = operator()
    page = page_of(browser)
    assert fields_of(page)["people_sign_up"] == "off"
    assert browser.get(PAGE).status_code == 200
    with pytest.raises(KeyError):
        live.value("gone.key")


@contextlib.contextmanager
def no_table() -> Iterator[None]:
    """Let the table be gone, as before the first migration."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE hearthkey_config_setting RENAME TO hearthkey_config_gone")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE hearthkey_config_gone RENAME TO hearthkey_config_setting")


@pytest.mark.django_db(transaction=True)
def test_without_the_table_the_defaults_are_in_force_and_the_transaction_goes_on() -> None:
    values._seen.clear()
    with no_table(), transaction.atomic():
        assert values.Kept(values.stored_or_none).rows() == {}
        assert Job.objects.count() == 0
    assert values.stored_or_none() == {}


@pytest.mark.django_db(transaction=True)
def test_while_the_table_cannot_be_read_what_was_read_last_stays() -> None:
    Setting.objects.create(key="general.name", value="Mill")
    kept = values.Kept(values.stored_or_none)
    assert kept.rows() == {"general.name": "Mill"}
    kept.forget()
    with no_table():
        assert kept.rows() == {"general.name": "Mill"}


def test_a_read_that_began_before_a_save_does_not_outlive_it() -> None:
    table: dict[str, Any] = {}

    def read_slowly() -> dict[str, Any]:
        found = dict(table)
        if not table:
            table["general.name"] = "Mill"
            kept.forget()
        return found

    kept = values.Kept(read_slowly)
    assert kept.rows() == {}
    assert kept.rows() == {"general.name": "Mill"}


@pytest.mark.parametrize(("age", "seen"), [(0.9, "Mill"), (1.1, "Barn")])
def test_what_is_old_is_read_by_one_thread_and_the_others_wait_for_it(age: float, seen: str) -> None:
    clock, reading, done = [0.0], threading.Event(), threading.Event()
    answers = iter([{"general.name": "Mill"}, {"general.name": "Barn"}])

    def read_slowly() -> dict[str, Any]:
        if clock[0]:
            reading.set()
            assert done.wait(timeout=10)
        return next(answers)

    kept = values.Kept(read_slowly, lambda: clock[0])
    assert kept.rows() == {"general.name": "Mill"}
    clock[0] = age * values.FRESH_FOR
    reader = threading.Thread(target=kept.rows)
    reader.start()
    if seen == "Barn":
        assert reading.wait(timeout=10)
        threading.Timer(0.2, done.set).start()
    # A second read would find no third answer.
    assert kept.rows() == {"general.name": seen}
    reader.join(timeout=10)
    assert reading.is_set() is (seen == "Barn")


@pytest.mark.parametrize("command", [("configuration_page",), ("check",), ("makemigrations", "--check", "--dry-run")])
def test_commands_that_need_no_database_need_none_and_leave_none(command: tuple[str, ...], tmp_path: Path) -> None:
    environment = servers.clean_environment(ENV_FILE="/dev/null", DATA_DIR=str(tmp_path))
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        env=environment,
        cwd=servers.ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    left = {path.name for path in tmp_path.iterdir()}
    # Django itself looks into the database for what was migrated.
    assert left <= (
        {"hearthkey.sqlite3", "hearthkey.sqlite3-wal", "hearthkey.sqlite3-shm"} if "migrations" in command[0] else set()
    )

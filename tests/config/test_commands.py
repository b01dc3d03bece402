"""Commands that meet bad input or what already exists answer with one sentence and exit code 1 or 2."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from accounts.services.groups import create_group
from config.environment.schema import BASE_DIR
from tests.support.accounts.people import browser, make, superuser
from tests.support.servers import clean_environment

KEY = "a key that only this test uses"
CLIENT = ("create_client", "App", "--callback-url", "https://app.example.com/cb")


def refusal_of(*arguments: str) -> str:
    with pytest.raises(CommandError) as refused:
        call_command(*arguments, stdout=io.StringIO(), stderr=io.StringIO())
    assert refused.value.returncode in (1, 2)
    text = str(refused.value)
    assert "\n" not in text
    return text


# The errors are those of the services, so they are compared with the page's.
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("username", "email", "field"),
    [
        ("ada", "", "username"),
        ("ADA", "", "username"),
        ("zoe", "ada@example.com", "email"),
        ("zoe", "ADA@Example.com", "email"),
    ],
)
def test_create_member_says_what_the_page_says(username: str, email: str, field: str) -> None:
    make("ada", email="ada@example.com")
    root = superuser()
    text = refusal_of("create_member", username, "--email", email)
    answer: Any = browser(root).post(
        "/admin/hearthkey_accounts/user/add/", {"username": username, "email": email, "_save": "Save"}
    )
    errors = [str(found) for found in answer.context["adminform"].form.errors[field]]
    assert text in errors
    assert User.objects.count() == 2


@pytest.mark.django_db
def test_create_member_takes_what_is_free() -> None:
    make("ada", email="ada@example.com")
    call_command("create_member", "zoe", "--email", "zoe@example.com", stdout=io.StringIO())
    assert User.objects.filter(username="zoe").exists()


@pytest.mark.django_db
def test_every_command_rejects_what_is_unknown_or_taken() -> None:
    make("ada", email="ada@example.com")
    create_group(name="staff", friendly_name="Staff", actor=None)
    call_command(*CLIENT, "--client-id", "app", stdout=io.StringIO(), stderr=io.StringIO())
    for arguments in (
        ("create_member", "zoe", "--group", "staff", "--group", "nobodies"),
        ("create_member", "x" * 300),
        ("login_code", "zoe"),
        ("login_code", ""),
        ("login_code", "ada", "--lifetime", "1 year"),
        ("remove_passkeys", "zoe"),
        ("rotate_signing_key", "--drop", "unknown"),
        (*CLIENT, "--client-id", "app"),
        (*CLIENT, "--group", "nobodies"),
        (*CLIENT, "--access-token", "paper"),
        (*CLIENT, "--logo", "/nowhere"),
    ):
        assert refusal_of(*arguments), arguments
    assert not User.objects.filter(username="zoe").exists()
    call_command("create_member", "zoe", "--group", "staff", stdout=io.StringIO())


def run(folder: Path, *arguments: str | bytes) -> subprocess.CompletedProcess[str]:
    environment = clean_environment(ENV_FILE="/dev/null", DATA_DIR=str(folder), ENCRYPTION_KEY=KEY)
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=BASE_DIR, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.serve
@pytest.mark.parametrize(
    "arguments", [("login_code", b"\xff"), ("remove_passkeys", b"ada\xfe"), (*CLIENT, "--group", b"\xff")]
)
def test_arguments_that_are_not_utf8_are_rejected(tmp_path: Path, arguments: tuple[str | bytes, ...]) -> None:
    done = run(tmp_path, *arguments)
    assert done.returncode == 1
    assert "isn't valid UTF-8" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.serve
@pytest.mark.parametrize(
    "arguments", [("create_member", "ada"), ("login_code", "ada"), CLIENT, ("rotate_signing_key",)]
)
def test_commands_before_the_first_start_say_what_to_do(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = run(tmp_path, *arguments)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("hearthkey: The database isn't set up")
    assert "Traceback" not in done.stderr


@pytest.mark.serve
def test_a_command_and_its_error_in_a_process_of_its_own(tmp_path: Path) -> None:
    assert run(tmp_path, "migrate").returncode == 0
    assert run(tmp_path, "create_member", "ada", "--email", "ada@example.com").returncode == 0
    for arguments in (("create_member", "Ada"), ("create_member", "bob", "--email", "ADA@example.com")):
        done = run(tmp_path, *arguments)
        assert done.returncode == 1
        assert done.stderr.startswith("CommandError: ")
        assert done.stderr.count("\n") == 1
    assert run(tmp_path, "create_member", "bob", "--email", "bob@example.com").returncode == 0
    assert run(tmp_path, "create_member").returncode == 2

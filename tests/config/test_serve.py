"""The start of the service, as a process of its own, on SQLite."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.environment.schema import BASE_DIR

pytestmark = pytest.mark.serve


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Service:
    """``manage.py serve`` in a data folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.process: subprocess.Popen[str] | None = None

    def environment(self, **extra: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "TMPDIR"}}
        return {**kept, "ENV_FILE": os.devnull, "DATA_DIR": str(self.folder), "PORT": str(self.port), **extra}

    def command(self, *arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=BASE_DIR,
            env=self.environment(**extra),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def start(self, **extra: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "serve"],
            cwd=BASE_DIR,
            env=self.environment(**extra),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.process.communicate()[0]
            try:
                urllib.request.urlopen(f"http://localhost:{self.port}/readyz", timeout=2).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError("not ready in a minute")

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        assert self.process is not None
        self.process.send_signal(number)
        output = self.process.communicate(timeout=30)[0]
        code = self.process.returncode
        self.process = None
        return code, output


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    found = Service(tmp_path / "data")
    yield found
    if found.process is not None:
        found.stop()


def test_the_first_start_makes_what_it_needs_and_the_second_keeps_it(service: Service) -> None:
    service.start()
    code, output = service.stop()
    assert code == 0, output
    assert f"Hearthkey is ready: http://localhost:{service.port}" in output
    assert f"http://localhost:{service.port}/setup?token=" in output
    key_file = service.folder / "encryption_key"
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert service.folder.stat().st_mode & 0o777 == 0o700
    key = key_file.read_text(encoding="ascii")
    assert key.strip() not in output, "the key itself must not be logged"
    assert str(key_file) in output

    service.start()
    code, output = service.stop(signal.SIGINT)
    assert code == 0, output
    assert key_file.read_text(encoding="ascii") == key
    with sqlite3.connect(service.folder / "hearthkey.sqlite3") as database:
        assert database.execute("SELECT count(*) FROM hearthkey_oidc_clients_signingkey").fetchone() == (1,)


def test_a_wrong_or_missing_key_stops_the_start_and_changes_nothing(service: Service) -> None:
    service.start()
    service.stop()
    key_file = service.folder / "encryption_key"
    key = key_file.read_text(encoding="ascii")
    database = service.folder / "hearthkey.sqlite3"
    before = database.read_bytes()

    key_file.unlink()
    missing = service.command("serve")
    assert missing.returncode == 1
    assert "missing now" in missing.stderr
    assert not key_file.exists()

    wrong = service.command("serve", ENCRYPTION_KEY="another key of enough bytes")
    assert wrong.returncode == 1
    assert "does not fit" in wrong.stderr
    assert wrong.stderr.strip().count("\n") == 0
    assert "does not fit" in service.command("migrate", ENCRYPTION_KEY="another key of enough bytes").stderr
    assert database.read_bytes() == before

    service.start(ENCRYPTION_KEY=key.strip())
    assert service.stop()[0] == 0


def test_two_keys_that_differ_stop_the_start(service: Service) -> None:
    service.folder.mkdir()
    (service.folder / "encryption_key").write_text("0123456789abcdef\n", encoding="ascii")
    refused = service.command("serve", ENCRYPTION_KEY="fedcba9876543210")
    assert refused.returncode == 1
    assert "differs" in refused.stderr
    assert "fedcba" not in refused.stderr
    service.start(ENCRYPTION_KEY="0123456789abcdef")
    assert service.stop()[0] == 0


def test_a_port_that_is_taken_is_named_with_what_helps(service: Service) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", service.port))
        other.listen()
        refused = service.command("serve")
    assert refused.returncode == 1
    assert f"Port {service.port}" in refused.stderr
    assert f"PORT={service.port + 1}" in refused.stderr
    assert refused.stderr.strip().count("\n") == 0


def test_a_data_folder_that_cannot_be_made_is_named_with_what_helps(service: Service, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="ascii")
    refused = service.command("serve", DATA_DIR=str(tmp_path / "file"))
    assert refused.returncode == 1
    assert "is a file" in refused.stderr
    below = service.command("serve", DATA_DIR=str(tmp_path / "file" / "below"))
    assert below.returncode == 1
    assert "can't be written to" in below.stderr


def test_an_ill_formed_variable_stops_every_command_with_one_line(service: Service) -> None:
    for command in ("serve", "check"):
        refused = service.command(command, APP_URL="http://192.168.1.5:1411")
        assert refused.returncode == 1
        assert refused.stderr.startswith("hearthkey: APP_URL")
        assert refused.stderr.strip().count("\n") == 0
    assert service.command("check").returncode == 0


def test_commands_without_secrets_create_nothing(service: Service) -> None:
    assert service.command("check").returncode == 0
    assert not service.folder.exists()


def test_a_command_that_needs_the_key_says_so_when_there_is_none(service: Service) -> None:
    refused = service.command("setup_link")
    assert refused.returncode == 1
    assert "There is no encryption key yet" in refused.stderr
    service.start()
    assert service.command("setup_link").stdout.strip().startswith(f"http://localhost:{service.port}/setup?token=")


def test_postgresql_without_a_key_stops_the_start(service: Service) -> None:
    refused = service.command("serve", DB_CONNECTION_STRING="postgresql://nobody@127.0.0.1:1/none")
    assert refused.returncode == 1
    assert "ENCRYPTION_KEY is not set" in refused.stderr
    assert not (service.folder / "encryption_key").exists()


def test_what_does_nothing_here_is_named_in_the_log(service: Service) -> None:
    service.folder.mkdir()
    (service.folder / "pocket-id.db").write_bytes(b"not ours")
    service.start(UI_CONFIG_DISABLED="true", DISABLE_RATE_LIMITING="true")
    output = service.stop()[1]
    assert "These variables do nothing here: UI_CONFIG_DISABLED" in output
    assert "pocket-id.db" in output
    assert "DISABLE_RATE_LIMITING is on" in output
    assert (service.folder / "pocket-id.db").read_bytes() == b"not ours"


def test_the_deployment_checks_are_clean(service: Service) -> None:  # M01
    checked = service.command(
        "check", "--deploy", "--fail-level", "WARNING", APP_URL="https://id.example.com", ENCRYPTION_KEY="k" * 40
    )
    assert checked.returncode == 0, checked.stderr


def test_debug_is_off_and_the_django_key_is_derived(service: Service) -> None:  # M02
    shown = service.command(
        "shell",
        "-c",
        "from django.conf import settings as s; print(s.DEBUG, len(s.SECRET_KEY) >= 50)",
        ENCRYPTION_KEY="k" * 40,
    )
    assert shown.stdout.strip().splitlines()[-1] == "False True"

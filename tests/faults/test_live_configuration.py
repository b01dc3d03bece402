"""The application configuration under the real service: changed in one process, seen in every other without a restart."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.support import servers
from tests.support.config.live import PAGE, fields_of
from tests.support.racing import at_once
from tests.support.servers import Hearthkey
from tests.support.setting_up import create_administrator
from tests.support.wire import Wire

pytestmark = [pytest.mark.serve, pytest.mark.timeout(180)]

SEEN_WITHIN = 5
CANARY = "canary-of-the-mail-server"


@dataclass
class Pair:
    """The service with its two workers, and one more worker of its own on the same database."""

    service: Hearthkey
    other: str

    def title(self, url: str) -> str:
        headers = {"Host": self.service.url.removeprefix("http://"), "Connection": "close"}
        page = requests.get(f"{url}/login", headers=headers, timeout=10).text
        found = re.search(r"<title>(.*?)</title>", page, re.DOTALL)
        assert found, page
        return found[1]


@pytest.fixture(params=["sqlite", "postgres"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Pair]:
    with ExitStack() as stack:
        service = stack.enter_context(
            servers.hearthkey(tmp_path, database=request.param, DISABLE_RATE_LIMITING="true", SMTP_PORT="2525")
        )
        create_administrator(service, username="root", email="root@example.org")
        port = servers.free_port()
        command = [sys.executable, "-m", "gunicorn", "config.wsgi:application", "--workers", "1", "--threads", "4"]
        stack.enter_context(
            servers.running(
                [*command, "--bind", f"127.0.0.1:{port}", "--no-control-socket"],
                environment=service.environment,
                alive=f"http://127.0.0.1:{port}/healthz",
                log=tmp_path / "other.log",
            )
        )
        yield Pair(service, f"http://127.0.0.1:{port}")


class Operator(Wire):
    """A superuser who changes the configuration."""

    def change(self, **typed: str) -> None:
        sent = {**fields_of(self.get(PAGE).text), **typed}
        done = self.session.post(self.service.url + PAGE, data=sent, timeout=30, allow_redirects=False)
        assert done.status_code == 302, done.text


def test_what_one_worker_saves_every_other_shows(pair: Pair) -> None:
    operator = Operator(pair.service, "root")
    for name in ("The Old Mill", "The New Mill"):
        # Every process has read what was so before.
        before = pair.title(pair.other)
        assert name not in before
        operator.change(general_name=name)
        ends_at = time.monotonic() + SEEN_WITHIN
        while name not in pair.title(pair.other):
            assert time.monotonic() < ends_at, "the other process goes on with what it knew"
            time.sleep(0.1)
        time.sleep(max(0.0, ends_at - time.monotonic() - 2))
        titles = at_once([lambda: pair.title(pair.service.url)] * 20)
        assert {name in title for title in titles} == {True}


def test_a_password_is_in_clear_in_no_file_and_no_variable_is_overruled(pair: Pair) -> None:
    operator = Operator(pair.service, "root")
    operator.change(mail_password=CANARY, mail_port="25", mail_host="smtp.example.com")
    asked = "from config import live; print([live.value(f'mail.{key}') for key in ('host', 'port', 'password')])"
    assert pair.service.manage("shell", "-v0", "-c", asked).strip().endswith(f"['smtp.example.com', 2525, '{CANARY}']")
    files = [path for path in pair.service.folder.rglob("*") if path.is_file()]
    assert any(path.name == "serve.log" for path in files)
    assert [path for path in files if CANARY.encode() in path.read_bytes()] == []
    page = operator.get(PAGE).text
    assert CANARY not in page
    assert "<code>SMTP_PORT</code>" in page


def test_a_variable_that_cannot_be_used_stops_the_start(tmp_path: Path) -> None:
    environment = servers.clean_environment(ENV_FILE="/dev/null", DATA_DIR=str(tmp_path / "data"), SMTP_TLS="ssl")
    service = Hearthkey("http://localhost:1", tmp_path, environment, None)  # type: ignore[arg-type]  # none is started
    done = service.run("serve")
    assert done.returncode != 0
    (line,) = done.stderr.strip().splitlines()
    assert "SMTP_TLS has a value that can't be used ('ssl'): Allowed: starttls, tls, none." in line

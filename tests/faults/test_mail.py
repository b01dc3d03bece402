"""The mail server is down, silent or says *later* under the real service; and workers die while they send."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support import servers
from tests.support.mailer.mail_server import mail_server
from tests.support.racing import at_once, numbered
from tests.support.servers import Hearthkey
from tests.support.setting_up import create_administrator

pytestmark = [pytest.mark.serve, pytest.mark.timeout(300)]

WAITING = "import json; from mailer.models import Message; print(json.dumps(list(Message.objects.values_list('kind', 'last_error'))))"
# Back-off, leases and the minute between two looks at what waits are over, as if they had been waited for.
DUE = """
from django.utils import timezone
from config.jobs.models import Job
from mailer.models import Message
Message.objects.update(due_at=timezone.now())
Job.objects.filter(task="mailer.tasks.deliver_waiting").update(due_at=timezone.now())
"""
LINKS = """
from accounts.models import User
from accounts.services.codes import create_code
for _number in range({count}):
    print(create_code(user=User.objects.get(username="ada"), actor=None).link)
"""
PUT = """
from django.db import transaction
from mailer.services import send
with transaction.atomic():
    for number in range({count}):
        assert send(kind="test", to="m%d@example.com" % number, variables={{"name": "Ada"}})
"""


@pytest.fixture
def silent() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(100)
        yield listener.getsockname()[1]


def service(folder: Path, port: int, database: str = "sqlite") -> Any:
    return servers.hearthkey(
        folder,
        database=database,
        DISABLE_RATE_LIMITING="true",
        SMTP_HOST="127.0.0.1",
        SMTP_PORT=str(port),
        SMTP_TLS="none",
        SMTP_FROM="login@example.com",
    )


def sign_in(found: Hearthkey, link: str) -> float:
    """Sign in by a link with a browser of its own, and return how many seconds the answer took."""
    session = requests.Session()
    session.headers["User-Agent"] = f"Mozilla/5.0 Browser{time.monotonic_ns()}"
    page = session.get(link, timeout=60)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    assert token, page.text
    began = time.monotonic()
    answer = session.post(
        link,
        data={"csrfmiddlewaretoken": token[1]},
        headers={"Referer": link, "Origin": found.url},
        timeout=60,
        allow_redirects=False,
    )
    assert answer.status_code in {302, 303}, answer.text
    return time.monotonic() - began


def waits(found: Hearthkey) -> list[list[str]]:
    shown: list[list[str]] = json.loads(found.manage("shell", "-v", "0", "-c", WAITING))
    return shown


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    ends_at = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends_at
        time.sleep(0.1)


def test_no_sign_in_waits_for_a_mail_server_that_says_nothing(tmp_path: Path, silent: int) -> None:  # fault 9
    with service(tmp_path, silent) as found:
        create_administrator(found, username="root", email="root@example.org")
        found.create_member("ada", "ada@example.com")
        links = found.manage("shell", "-v", "0", "-c", LINKS.format(count=12)).split()
        took = [sign_in(found, link) for link in links[:6]]
        took += at_once(numbered(6, lambda number: sign_in(found, links[6 + number])))
        # A server that stalls is waited for 15 seconds; a sign-in takes some tens of milliseconds.
        assert max(took) < 3, took
        assert statistics.median(took) < 1, took
        assert len(waits(found)) >= 12
        assert "/lc/" not in found.log.replace("/lc/***", "")


def test_mails_leave_once_the_server_is_back(tmp_path: Path) -> None:  # fault 9
    with mail_server() as post:
        post.answers = ["451 Not now"]
        with service(tmp_path, post.port) as found:
            create_administrator(found, username="root", email="root@example.org")
            found.create_member("ada", "ada@example.com")
            sign_in(found, found.login_link("ada"))
            until(lambda: any("451 Not now" in error for _kind, error in waits(found)))
            post.answers = ["250 Taken"]
            found.manage("shell", "-v", "0", "-c", DUE)
            until(lambda: waits(found) == [], 120)
            told = [str(letter["Subject"]) for letter in post.taken]
            assert "A sign-in code was used for your account" in told


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_a_worker_that_is_killed_while_it_sends_loses_nothing(tmp_path: Path, database: str) -> None:
    with mail_server() as post, service(tmp_path, post.port, database) as found:
        create_administrator(found, username="root", email="root@example.org")
        already = post.tried
        post.slowness = 4
        found.manage("shell", "-v", "0", "-c", PUT.format(count=3))
        until(lambda: post.tried > already)
        (worker,) = children(found, "worker")
        os.kill(worker, signal.SIGKILL)
        post.slowness = 0
        until(lambda: bool(children(found, "worker")) and children(found, "worker") != [worker])
        # Nobody waits five minutes here for the leases of the dead one to end.
        found.manage("shell", "-v", "0", "-c", DUE)
        until(lambda: waits(found) == [], 150)
        recipients = {to for (to,) in post.recipients if to.startswith("m")}
        assert recipients == {"m0@example.com", "m1@example.com", "m2@example.com"}
        by_id = {str(letter["Message-ID"]): str(letter["To"]) for letter in post.taken}
        # What arrives twice after a kill is known as a copy by its ID.
        assert len(set(by_id.values()) & recipients) == 3
        assert sum(to in recipients for to in by_id.values()) == 3


def children(found: Hearthkey, name: str) -> list[int]:
    """Return the processes of the service that run this command."""
    wanted: list[int] = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            status = (entry / "stat").read_text().rpartition(")")[2].split()
            command = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if int(status[1]) == found.process.pid and name.encode() in command:
            wanted.append(int(entry.name))
    return wanted

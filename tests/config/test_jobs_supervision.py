"""``manage.py serve`` keeps a server and a job worker."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import servers
from tests.support.servers import Hearthkey

pytestmark = [pytest.mark.serve, pytest.mark.timeout(180)]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Hearthkey]:
    with servers.hearthkey(tmp_path) as found:
        wait(lambda: worker_of(found) is not None)
        yield found


def wait(until: Callable[[], bool], seconds: float = 60) -> None:
    ends_at = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < ends_at
        time.sleep(0.05)


def children_of(pid: int) -> dict[int, str]:
    """Return the living children of a process with their command lines."""
    found = {}
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        try:
            command = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:  # it ended just now
            continue
        if command:
            found[int(child)] = command
    return found


def child_of(service: Hearthkey, word: str) -> int | None:
    return next((pid for pid, command in children_of(service.process.pid).items() if word in command), None)


def worker_of(service: Hearthkey) -> int | None:
    return child_of(service, "manage.py worker")


def kill_worker(service: Hearthkey) -> int:
    """Kill the worker, wait for the next one or the end of the service, and return the pid that was killed."""
    pid = worker_of(service)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    return pid


def test_a_killed_worker_is_started_again(service: Hearthkey) -> None:
    killed = kill_worker(service)
    wait(lambda: worker_of(service) not in {None, killed}, seconds=10)
    assert "The job worker ended with -9" in service.log


def test_a_worker_that_fails_five_times_in_a_minute_ends_the_service(service: Hearthkey) -> None:
    for _ in range(5):
        assert service.process.poll() is None
        killed = kill_worker(service)
        wait(lambda last=killed: service.process.poll() is not None or worker_of(service) not in {None, last})
    assert service.process.wait(timeout=30) == 1
    assert "failed 5 times in a minute" in service.log


def test_the_end_of_the_server_ends_the_service_and_its_worker(service: Hearthkey) -> None:
    worker, server = worker_of(service), child_of(service, "gunicorn")
    assert worker is not None
    assert server is not None
    os.kill(server, signal.SIGKILL)
    assert service.process.wait(timeout=30) == 1
    assert not Path(f"/proc/{worker}").exists()


def test_a_stop_reaches_both_and_is_a_success(service: Hearthkey) -> None:
    worker, server = worker_of(service), child_of(service, "gunicorn")
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(timeout=30) == 0
    assert not Path(f"/proc/{worker}").exists()
    assert not Path(f"/proc/{server}").exists()


def test_a_reload_starts_the_worker_anew(service: Hearthkey) -> None:
    before = worker_of(service)
    service.process.send_signal(signal.SIGHUP)
    wait(lambda: worker_of(service) not in {None, before}, seconds=30)
    assert service.process.poll() is None

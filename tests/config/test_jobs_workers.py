"""Real worker processes on a database of their own, SQLite and PostgreSQL: kills, stops and races."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from config.environment.schema import BASE_DIR
from config.jobs.schedule import SCHEDULE
from tests.support.config import job_tasks
from tests.support.servers import clean_environment, migrated_database

pytestmark = [pytest.mark.serve, pytest.mark.timeout(180)]

#: What the tests say in a process of the service, before their own lines.
_PRELUDE = """
import sys
from django.utils import timezone
from config import jobs
from config.jobs.schedule import Recurring, synchronise
from config.models import Job
from tests.support.config import job_tasks
out = sys.argv[1]
"""


class Place:
    """A migrated database, and the workers on it. ``out`` is the file that the tasks write to."""

    def __init__(self, folder: Path, database: str) -> None:
        self.out = folder / "out"
        self.database = database
        self.environment = clean_environment(ENV_FILE=os.devnull, DATA_DIR=str(folder), ENCRYPTION_KEY="k" * 40)
        self.environment |= migrated_database(folder, database)
        self.workers: list[subprocess.Popen[bytes]] = []
        self.log = folder / "worker.log"

    def _run(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=BASE_DIR,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def do(self, lines: str) -> Any:
        """Run ``lines`` in the project and return what they print, as JSON."""
        start = "import django, os\nos.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings'\ndjango.setup()\n"
        printed = self._run("-c", start + _PRELUDE + lines, str(self.out))
        return json.loads(printed) if printed.strip() else None

    def start_worker(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "manage.py", "worker"]
        with self.log.open("ab") as log:
            worker = subprocess.Popen(command, cwd=BASE_DIR, env=self.environment, stdout=log, stderr=log)
        self.workers.append(worker)
        return worker

    def lines(self) -> list[str]:
        return job_tasks.lines(self.out)

    def ended(self) -> list[str]:
        """Return the tasks that were run, by the workers' log."""
        found = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return [line.split("(")[1].split(")")[0] for line in found if "ended after" in line]

    def wait(self, until: Callable[[], bool], seconds: float = 60) -> None:
        ends_at = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < ends_at, (self.lines(), self.log.read_text(errors="replace")[-4000:])
            time.sleep(0.05)

    def close(self) -> None:
        for worker in self.workers:
            if worker.poll() is None:
                worker.kill()
            worker.wait()


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with contextlib.closing(Place(tmp_path, request.param)) as found:
        yield found


def test_two_workers_run_two_hundred_jobs_exactly_once_each(place: Place) -> None:
    place.do("for number in range(200): jobs.enqueue(job_tasks.note, out, str(number))")
    workers = [place.start_worker(), place.start_worker()]
    place.wait(lambda: len(place.lines()) >= 200)
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
    assert [worker.wait(timeout=30) for worker in workers] == [0, 0]
    assert Counter(place.lines()) == {str(number): 1 for number in range(200)}
    states = "import json; print(json.dumps(sorted(Job.objects.filter(period=None).values_list('status', 'attempts'))))"
    assert place.do(states) == [["done", 1]] * 200
    assert "locked" not in place.log.read_text()


def test_a_job_whose_worker_was_killed_is_run_again_after_its_lease(place: Place) -> None:
    place.do("jobs.enqueue(job_tasks.note_slowly, out, 'x', 20)")
    killed = place.start_worker()
    place.wait(lambda: place.lines() == ["begin x"])
    killed.kill()
    assert killed.wait(timeout=30) == -signal.SIGKILL
    place.start_worker()
    time.sleep(3)
    assert place.lines() == ["begin x"], "not while the lease lasts"
    # The lease of a minute ends now, and the run is a quick one.
    place.do(
        "job = Job.objects.get(period=None); job.arguments['args'][2] = 0; job.due_at = timezone.now(); job.save()"
    )
    place.wait(lambda: place.lines() == ["begin x", "begin x", "end x"])


def test_a_stop_lets_the_running_job_end_and_begins_no_other(place: Place) -> None:
    place.do("for number in range(8): jobs.enqueue(job_tasks.note_slowly, out, str(number), 2)")
    worker = place.start_worker()
    place.wait(lambda: bool(place.lines()))
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=30) == 0
    begun = [line for line in place.lines() if line.startswith("begin")]
    ended = [line for line in place.lines() if line.startswith("end")]
    assert 1 <= len(begun) <= 4
    assert len(begun) == len(ended)
    waiting = place.do("print(Job.objects.filter(period=None, status='waiting').count())")
    assert waiting == 8 - len(begun)


def test_a_recurring_job_runs_once_under_two_workers(place: Place) -> None:
    workers = [place.start_worker(), place.start_worker()]
    place.wait(lambda: len(place.ended()) >= len(SCHEDULE))
    # Both have looked again by now.
    time.sleep(3)
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
    assert [worker.wait(timeout=30) for worker in workers] == [0, 0]
    assert Counter(place.ended()) == {entry.task: 1 for entry in SCHEDULE}


_PARENT = """
import subprocess, sys, time
worker = subprocess.Popen([sys.executable, "manage.py", "worker", "--supervised"], stdout=sys.stderr)
print(worker.pid)
time.sleep(120)
"""


def test_a_worker_ends_with_its_supervisor_when_told_to(place: Place) -> None:
    command = [sys.executable, "-uc", _PARENT]
    with (
        place.log.open("ab") as log,
        subprocess.Popen(command, cwd=BASE_DIR, env=place.environment, stdout=subprocess.PIPE, stderr=log) as parent,
    ):
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        try:
            place.wait(lambda: bool(place.ended()))
            assert is_alive(worker)
        finally:
            parent.kill()
    place.wait(lambda: not is_alive(worker))


def is_alive(pid: int) -> bool:
    """Return whether a process runs; one that waits for its parent to take note of its end does not."""
    with contextlib.suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_a_worker_survives_the_loss_of_its_connections(place: Place) -> None:  # fault 3
    worker = place.start_worker()
    place.do("jobs.enqueue(job_tasks.note, out, 'before')")
    place.wait(lambda: place.lines() == ["before"])
    if place.database == "postgres":
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        cut += "WHERE pid <> pg_backend_pid() AND datname = current_database()"
        place.do(f"from django.db import connection; connection.cursor().execute({cut!r})")
    else:
        # Whoever holds the write lock for longer than anybody waits.
        hold = "import time; from django.db import transaction\nwith transaction.atomic(): time.sleep(12)"
        place.do("jobs.enqueue(job_tasks.note, out, 'between')\n" + hold)
    place.do("jobs.enqueue(job_tasks.note, out, 'after')")
    place.wait(lambda: "after" in place.lines())
    assert worker.poll() is None

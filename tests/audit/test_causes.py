"""What fills the trail beside people: limits that were hit, and jobs that were given up."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from audit.models import Event
from audit.services import Entry, Origin, Person, record
from config.environment.logs import JsonFormatter, LineFormatter
from config.jobs import queue
from config.jobs.models import Job
from config.jobs.policies import policy_of
from tests.support.audit.people import make

pytestmark = pytest.mark.django_db
TASK = "oidc_clients.tasks.deliver_logout"


def hit(times: int, **address: str) -> list[int]:
    browser = Client()
    path, content_type = "/login/options", "application/json"
    return [browser.post(path, "{}", content_type=content_type, **address).status_code for _number in range(times)]  # type: ignore[arg-type]


def test_a_rate_limit_that_was_hit_is_told_once_per_address() -> None:
    make("ada")
    assert 429 not in hit(10, REMOTE_ADDR="203.0.113.9")
    assert not Event.objects.filter(name="rate_limit_hit").exists()
    assert hit(5, REMOTE_ADDR="203.0.113.9") == [429] * 5
    one = Event.objects.get(name="rate_limit_hit")
    assert (one.ip_address, one.data) == ("203.0.113.9", {"policy": "sign-in"})
    assert 429 in hit(12, REMOTE_ADDR="203.0.113.10")
    assert Event.objects.filter(name="rate_limit_hit").count() == 2


def leased(attempts: int) -> Job:
    job = Job.objects.create(task=TASK, due_at=timezone.now(), attempts=attempts)
    claimed = queue.claim()
    assert claimed is not None
    assert claimed.pk == job.pk
    return claimed


@pytest.mark.parametrize(("before", "told"), [(policy_of(TASK).tries - 2, 0), (policy_of(TASK).tries - 1, 1)])
def test_a_job_that_is_given_up_is_told(before: int, told: int) -> None:
    queue.fail(leased(before), ValueError("no\nway"))
    events = Event.objects.filter(name="job_given_up")
    assert len(events) == told
    for one in events:
        assert one.data["attempts"] == policy_of(TASK).tries
        assert one.sentence.startswith(
            "“Tell a client that a session ended” was given up after 8 attempts: ValueError: no"
        )


def test_a_job_whose_last_run_never_ended_is_told() -> None:
    job = leased(policy_of(TASK).tries - 1)
    Job.objects.filter(pk=job.pk).update(due_at=timezone.now() - timedelta(seconds=1))
    assert queue.claim() is None
    assert Event.objects.filter(name="job_given_up").count() == 1


def test_a_run_that_no_longer_counts_tells_nothing() -> None:
    job = leased(policy_of(TASK).tries - 1)
    Job.objects.filter(pk=job.pk).update(lease=None)
    queue.fail(job, ValueError("late"))
    assert not Event.objects.filter(name="job_given_up").exists()


@pytest.fixture
def log() -> Iterator[Callable[[type[logging.Formatter]], io.StringIO]]:
    """Return what attaches a stream with the project's own formatter to the trail's logger."""
    logger, handlers = logging.getLogger("hearthkey.audit"), []

    def attach(formatter: type[logging.Formatter]) -> io.StringIO:
        stream = io.StringIO()
        handler = logging.StreamHandler(stream)
        handler.setFormatter(formatter())
        logger.addHandler(handler)
        handlers.append(handler)
        return stream

    yield attach
    for handler in handlers:
        logger.removeHandler(handler)


HOSTILE = "Mal\n2026-01-01 INFO forged\x1b[31m\u2028\u202e\x85"


def test_as_json_each_event_is_one_line_of_a_stable_shape(
    log: Callable[[type[logging.Formatter]], io.StringIO], django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    stream = log(JsonFormatter)
    entry = Entry("signed_out", Person("1", HOSTILE), Person("2", "ada"), "forgejo", {"name": HOSTILE, "count": 2})
    with django_capture_on_commit_callbacks(execute=True):
        written = record(entry, origin=Origin("192.168.1.9", HOSTILE, "sid", "ref", "DE", "Berlin"))
    (line,) = stream.getvalue().splitlines()
    told = json.loads(line)
    clean = "Mal2026-01-01 INFO forged[31m"
    assert (told["logger"], told["level"]) == ("hearthkey.audit", "info")
    assert told["event"] == {
        "version": 1,
        "id": str(written.pk),
        "at": written.at.isoformat(timespec="microseconds"),
        "name": "signed_out",
        "actor": {"id": "1", "name": clean},
        "subject": {"id": "2", "name": "ada"},
        "client": "forgejo",
        "address": "192.168.1.9",
        "internal": True,
        "country": "DE",
        "city": "Berlin",
        "user_agent": clean,
        "device": "",
        "session": "sid",
        "request": "ref",
        "data": {"name": clean, "count": 2},
    }


def test_as_text_it_is_one_line_too(
    log: Callable[[type[logging.Formatter]], io.StringIO], django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    stream = log(LineFormatter)
    with django_capture_on_commit_callbacks(execute=True):
        record(Entry("signed_out", subject=Person(HOSTILE, HOSTILE)))
    assert len(stream.getvalue().splitlines()) == 1


@pytest.mark.django_db(transaction=True)
def test_what_was_undone_is_not_logged(log: Callable[[type[logging.Formatter]], io.StringIO]) -> None:
    stream = log(JsonFormatter)
    with transaction.atomic():
        record(Entry("signed_out"))
        transaction.set_rollback(True)
    assert stream.getvalue() == ""
    record(Entry("signed_out"))
    assert len(stream.getvalue().splitlines()) == 1

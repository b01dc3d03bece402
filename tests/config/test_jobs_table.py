"""Jobs in this process: what a transaction, a failure and a lease make of them."""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config import jobs
from config.jobs import queue
from config.jobs.policies import POLICIES, Policy, policy_of
from config.jobs.schedule import SCHEDULE, Recurring, synchronise
from config.jobs.worker import Worker
from config.models import Job
from tests.support.config import job_tasks

pytestmark = pytest.mark.django_db(transaction=True)


def work_off(*schedule: Recurring) -> None:
    """Run what is due, and what comes due by that, as a worker does."""

    def something_is_left() -> bool:
        open_jobs = Job.objects.filter(status__in=("waiting", "running"), due_at__lte=timezone.now())
        return open_jobs.exists() or Job.objects.filter(status="running").exists()

    assert Worker(schedule=schedule, poll=0.01, may_go_on=something_is_left).run() == 0


def make_due() -> None:
    Job.objects.filter(status="waiting").update(due_at=timezone.now())


def test_a_job_is_run_once_and_kept_as_done(tmp_path: Path) -> None:
    jobs.enqueue(job_tasks.note, str(tmp_path / "out"), text="hello")
    work_off()
    assert job_tasks.lines(tmp_path / "out") == ["hello"]
    job = Job.objects.get()
    assert (job.status, job.result, job.attempts, job.last_error) == ("done", "5", 1, "")
    assert job.duration is not None
    work_off()
    assert job_tasks.lines(tmp_path / "out") == ["hello"]


def test_a_rollback_drops_the_job_and_a_commit_keeps_it(tmp_path: Path) -> None:
    with transaction.atomic():
        jobs.enqueue(job_tasks.note, str(tmp_path / "out"), "never")
        assert Job.objects.count() == 1
        transaction.set_rollback(True)
    assert Job.objects.count() == 0
    with transaction.atomic():
        jobs.enqueue(job_tasks.note, str(tmp_path / "out"), "kept")
    work_off()
    assert job_tasks.lines(tmp_path / "out") == ["kept"]


def test_a_job_may_be_due_later(tmp_path: Path) -> None:
    later = timezone.now() + timedelta(hours=1)
    job_tasks.note.using(run_after=later).enqueue(str(tmp_path / "out"), "later")
    work_off()
    assert job_tasks.lines(tmp_path / "out") == []
    make_due()
    work_off()
    assert job_tasks.lines(tmp_path / "out") == ["later"]


def test_a_job_that_fails_twice_succeeds_at_the_third_try(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    jobs.enqueue(job_tasks.fail_first, str(tmp_path / "out"), 2)
    for attempt in (1, 2):
        work_off()
        job = Job.objects.get()
        assert (job.status, job.attempts) == ("waiting", attempt)
        # 10 s after the first failure, 20 s after the second, a fifth more or less.
        pause = (job.due_at - timezone.now()).total_seconds()
        assert 10 * attempt * 0.7 <= pause <= 10 * attempt * 1.2
        # A control character or a credential in an exception's text goes nowhere.
        assert job.last_error == "RuntimeError: not yet?[31m /lc/***"
        work_off()
        assert len(job_tasks.lines(tmp_path / "out")) == attempt, "not before its time"
        make_due()
    with caplog.at_level(logging.INFO, logger="hearthkey.jobs"):
        work_off()
    job = Job.objects.get()
    assert (job.status, job.attempts, job.result, job.last_error) == ("done", 3, "at last", "")
    assert str(tmp_path) not in caplog.text, "arguments stay out of the log"


def test_a_job_is_given_up_after_its_last_try_and_can_be_run_again(tmp_path: Path) -> None:
    jobs.enqueue(job_tasks.fail_first, str(tmp_path / "out"), 8)
    for _ in range(12):
        work_off()
        make_due()
    job = Job.objects.get()
    assert (job.status, job.attempts) == ("parked", 8)
    assert len(job_tasks.lines(tmp_path / "out")) == 8
    assert queue.run_again(Job.objects.all(), actor=None) == 1
    work_off()
    job.refresh_from_db()
    assert (job.status, job.attempts) == ("done", 1)


def test_only_parked_jobs_are_run_again(tmp_path: Path) -> None:
    jobs.enqueue(job_tasks.note, str(tmp_path / "out"), "once")
    work_off()
    assert queue.run_again(Job.objects.all(), actor=None) == 0


def test_a_task_learns_which_attempt_it_is(tmp_path: Path) -> None:
    jobs.enqueue(job_tasks.note_attempt, str(tmp_path / "out"))
    work_off()
    make_due()
    work_off()
    assert job_tasks.lines(tmp_path / "out") == ["1", "2"]


@pytest.mark.parametrize(
    "path", ["tests.support.config.job_tasks.no_task", "tests.support.config.job_tasks.gone", "os.getcwd", "nowhere"]
)
def test_what_is_no_task_is_not_run(path: str) -> None:
    Job.objects.create(task=path, arguments={"args": [], "kwargs": {}})
    work_off()
    job = Job.objects.get()
    assert job.status == "waiting"
    assert job.last_error.startswith(("TypeError", "ImportError", "ModuleNotFoundError"))


def test_an_argument_that_is_no_json_is_refused_where_it_is_enqueued() -> None:
    with pytest.raises(TypeError):
        jobs.enqueue(job_tasks.note, object(), "text")
    assert Job.objects.count() == 0


def test_a_lease_that_ended_lets_another_worker_take_the_job_and_the_first_one_settles_nothing(tmp_path: Path) -> None:
    jobs.enqueue(job_tasks.note, str(tmp_path / "out"), "x")
    first = queue.claim()
    assert first is not None
    assert queue.claim() is None, "it is leased"
    Job.objects.update(due_at=timezone.now())
    second = queue.claim()
    assert second is not None
    assert (second.pk, second.attempts) == (first.pk, 2)
    queue.finish(first, "of the first")
    queue.fail(first, RuntimeError("of the first"))
    assert (Job.objects.get().status, Job.objects.get().result) == ("running", "")
    queue.finish(second, "of the second")
    assert (Job.objects.get().status, Job.objects.get().result) == ("done", "of the second")


def test_a_job_that_kills_its_worker_each_time_is_given_up(tmp_path: Path) -> None:
    jobs.enqueue(job_tasks.note, str(tmp_path / "out"), "x")
    for attempt in range(1, 9):
        job = queue.claim()
        assert job is not None
        assert job.attempts == attempt
        Job.objects.update(due_at=timezone.now())
    assert queue.claim() is None
    assert (Job.objects.get().status, Job.objects.get().attempts) == ("parked", 8)


def test_a_run_that_outlives_its_lease_ends_the_worker_and_is_due_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(POLICIES, job_tasks.note_slowly.module_path, Policy(lease=timedelta(seconds=0.5)))
    jobs.enqueue(job_tasks.note_slowly, str(tmp_path / "out"), "x", 3)
    began = time.monotonic()
    assert Worker(schedule=(), poll=0.05).run() == 1
    assert time.monotonic() - began < 3
    while (again := queue.claim()) is None:
        time.sleep(0.05)
    assert again.attempts == 2
    while job_tasks.lines(tmp_path / "out") != ["begin x", "end x"]:
        time.sleep(0.05)
    # The late run settled nothing.
    assert Job.objects.get().lease == again.lease


def test_looking_for_a_job_in_vain_is_one_read() -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert queue.claim() is None
    (only,) = queries.captured_queries
    assert only["sql"].startswith("SELECT")


def test_fifty_simultaneous_claims_have_one_winner(tmp_path: Path) -> None:
    jobs.enqueue(job_tasks.note, str(tmp_path / "out"), "x")
    barrier, won = threading.Barrier(10), []

    def take() -> None:
        barrier.wait()
        for _ in range(5):
            won.append(queue.claim())
        connection.close()

    threads = [threading.Thread(target=take) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([job for job in won if job is not None]) == 1


def test_a_recurring_job_waits_for_its_next_time_whether_it_succeeds_or_fails(tmp_path: Path) -> None:
    good = Recurring("good", "config.jobs.tasks.remove_expired", timedelta(hours=1))
    bad = Recurring("bad", "tests.support.config.job_tasks.gone", timedelta(hours=1))
    work_off(good, bad)
    done, failed = Job.objects.get(dedupe="recurring:good"), Job.objects.get(dedupe="recurring:bad")
    assert (done.status, done.result, done.attempts) == ("waiting", "0", 0)
    assert timedelta(minutes=59) < done.due_at - timezone.now() <= timedelta(hours=1)
    assert (failed.status, failed.attempts) == ("waiting", 1)
    assert failed.due_at - timezone.now() < timedelta(seconds=13)
    for _ in range(12):
        make_due()
        work_off(good, bad)
    failed.refresh_from_db()
    assert failed.status == "waiting", "what recurs is never given up"
    assert failed.due_at - timezone.now() <= timedelta(hours=1)


def test_the_schedule_has_one_row_for_each_entry_and_keeps_its_history() -> None:
    entry = Recurring("one", "config.jobs.tasks.remove_expired", timedelta(hours=1))
    synchronise((entry,))
    work_off(entry)
    before = Job.objects.get()
    synchronise((entry,))
    after = Job.objects.get()
    assert (after.pk, after.due_at, after.finished_at) == (before.pk, before.due_at, before.finished_at)
    synchronise((Recurring("one", "config.jobs.tasks.remove_expired", timedelta(minutes=5)),))
    assert Job.objects.get().period == timedelta(minutes=5)
    synchronise((Recurring("other", "config.jobs.tasks.remove_expired", timedelta(hours=1)),))
    assert Job.objects.get().dedupe == "recurring:other"


def test_a_job_of_the_moment_survives_a_change_of_the_schedule(tmp_path: Path) -> None:
    jobs.enqueue(job_tasks.note, str(tmp_path / "out"), "x")
    synchronise(())
    assert Job.objects.count() == 1


def test_every_recurring_job_succeeds_and_has_a_title() -> None:
    work_off(*SCHEDULE)
    assert Job.objects.count() == len(SCHEDULE) == len({entry.name for entry in SCHEDULE})
    for job in Job.objects.all():
        assert (job.status, job.last_error) == ("waiting", "")
        assert policy_of(job.task).title


def test_leases_are_longer_than_a_sweep_and_names_are_those_of_tasks() -> None:
    assert {entry.task for entry in SCHEDULE} <= set(POLICIES)
    assert all(policy.lease >= timedelta(seconds=60) for policy in POLICIES.values())


def test_pauses_double_up_to_an_hour_with_jitter() -> None:
    policy = Policy()
    for attempt, seconds in ((1, 10), (2, 20), (5, 160), (9, 2560), (10, 3600), (1000, 3600)):
        pauses = {policy.pause_after(attempt).total_seconds() for _ in range(20)}
        assert all(seconds * 0.8 <= pause <= seconds * 1.2 for pause in pauses)
        assert len(pauses) > 1

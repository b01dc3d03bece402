"""Taking a job, and what becomes of it. Each step is one short transaction that any number of workers may try."""

from __future__ import annotations

import logging
import uuid
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string

from ..environment import logs
from ..wiring.signals import JobGivenUp, JobRunAgain, job_given_up, job_run_again
from .models import Job
from .policies import policy_of

logger = logging.getLogger("hearthkey.jobs")

_OVERRAN = "The run did not end in its time, or its worker was killed."


def claim() -> Job | None:
    """Return a job that is due, leased to the caller, or None.

    When nothing is due this is one SELECT, which on SQLite takes no lock.
    """
    if not _due(timezone.now()).exists():
        return None
    with transaction.atomic():
        now = timezone.now()
        due = _due(now).order_by("due_at", "pk")
        if connection.features.has_select_for_update_skip_locked:
            due = due.select_for_update(skip_locked=True)
        job = due.first()
        if job is None:
            return None
        policy = policy_of(job.task)
        if job.status == Job.Status.RUNNING:
            logger.warning("Job %s (%s): %s", job.pk, job.task, _OVERRAN)
            job.last_error = _OVERRAN
            if not job.is_recurring and job.attempts >= policy.tries:
                _park(job, now)
                return None
        job.status, job.lease, job.attempts = Job.Status.RUNNING, uuid.uuid4(), min(job.attempts + 1, 32_000)
        job.started_at, job.due_at = now, now + policy.lease
        job.save(update_fields=["status", "lease", "attempts", "started_at", "due_at", "last_error"])
        return job


def finish(job: Job, result: Any) -> None:
    """Note that the caller's run of ``job`` succeeded; one that recurs waits for its next time."""
    now = timezone.now()
    shown = "" if result is None else logs.masked(str(result))[:200]
    values: dict[str, Any] = {"attempts": 0, "result": shown, "last_error": "", "finished_at": now}
    if job.period is not None:
        values |= {"status": Job.Status.WAITING, "due_at": now + job.period}
    else:
        values |= {"status": Job.Status.DONE, "attempts": job.attempts}
    _settle(job, values)


def fail(job: Job, error: BaseException) -> None:
    """Note that the caller's run of ``job`` failed: it waits for another try, or is parked after the last one."""
    now = timezone.now()
    policy = policy_of(job.task)
    shown = logs.masked(f"{type(error).__name__}: {error}")[:500]
    values: dict[str, Any] = {"result": "", "last_error": shown, "finished_at": now}
    pause = policy.pause_after(job.attempts)
    if job.period is not None:
        values |= {"status": Job.Status.WAITING, "due_at": now + min(pause, job.period)}
    elif job.attempts < policy.tries:
        values |= {"status": Job.Status.WAITING, "due_at": now + pause}
    else:
        values |= {"status": Job.Status.PARKED}
    if _settle(job, values) and values["status"] == Job.Status.PARKED:
        _tell_given_up(job, shown)


def run_again(jobs: QuerySet[Job], *, actor: str | None) -> int:
    """Let parked jobs be tried anew from the start; return how many. ``actor`` is the operator's primary key."""
    started = 0
    with transaction.atomic():
        for job in jobs.filter(status=Job.Status.PARKED):
            # Of two operators who press at once, one starts it.
            parked = Job.objects.filter(pk=job.pk, status=Job.Status.PARKED)
            if parked.update(status=Job.Status.WAITING, attempts=0, due_at=timezone.now()):
                started += 1
                job_run_again.send(sender=None, event=JobRunAgain(job=_title(job), task=job.task, actor=actor))
    return started


def _due(now: datetime) -> QuerySet[Job]:
    return Job.objects.filter(status__in=(Job.Status.WAITING, Job.Status.RUNNING), due_at__lte=now)


def _park(job: Job, now: datetime) -> None:
    Job.objects.filter(pk=job.pk).update(
        status=Job.Status.PARKED, lease=None, last_error=_OVERRAN, result="", finished_at=now
    )
    _tell_given_up(job, _OVERRAN)
    if given_up := policy_of(job.task).given_up:
        _call_given_up(job, given_up)


def _call_given_up(job: Job, path: str) -> None:
    try:
        with transaction.atomic():
            import_string(path)(*job.arguments.get("args", []), **job.arguments.get("kwargs", {}))
    except Exception:  # whatever it is, the other jobs go on
        logger.exception("Job %s (%s) was given up, and %s failed", job.pk, job.task, path)


def _tell_given_up(job: Job, error: str) -> None:
    logger.error("Job %s (%s) is given up after %s attempts: %s", job.pk, job.task, job.attempts, error)
    event = JobGivenUp(job=_title(job), task=job.task, attempts=job.attempts, error=error)
    job_given_up.send(sender=None, event=event)


def _title(job: Job) -> str:
    return str(policy_of(job.task).title or job.task)


def _settle(job: Job, values: dict[str, Any]) -> bool:
    """Note the outcome of a run, and return whether it still counted."""
    # The lease decides: a run that took too long has been begun again by somebody else, who will settle it.
    if Job.objects.filter(pk=job.pk, lease=job.lease).update(lease=None, **values):
        return True
    logger.warning("Job %s (%s) ended after its lease; its outcome is not counted.", job.pk, job.task)
    return False

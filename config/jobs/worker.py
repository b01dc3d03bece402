"""The process that runs the jobs: one thread looks for them, a few run them."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import InterfaceError, OperationalError, connections
from django.utils.module_loading import import_string
from django_tasks.base import Task, TaskContext

from . import queue
from .backend import result_of
from .models import Job
from .policies import policy_of
from .schedule import SCHEDULE, Recurring, synchronise

logger = logging.getLogger("hearthkey.jobs")

Found = TypeVar("Found")

#: Jobs at the same time, most of which wait for another server. The connection pool has room for them and the looker.
THREADS = 4
#: Seconds between two looks when nothing is due.
POLL = 1.0
_LONGEST_PAUSE = 15.0
#: Seconds until a stop is noticed.
_TICK = 0.2


class Worker:
    """Runs jobs until :meth:`stop`, or until ``may_go_on`` says no.

    A run that outlives its lease ends the process, since a thread can't be killed; the job is due again soon after.
    """

    def __init__(
        self,
        *,
        schedule: tuple[Recurring, ...] = SCHEDULE,
        threads: int = THREADS,
        poll: float = POLL,
        may_go_on: Callable[[], bool] = lambda: True,
    ) -> None:
        self._schedule = schedule
        self._threads = threads
        self._poll = poll
        self._may_go_on = may_go_on
        # Not an Event: a signal handler that sets one could wait for the very thread that it interrupted.
        self._is_stopped = False
        self._free = threading.Semaphore(threads)
        self._ends: dict[uuid.UUID | None, float] = {}

    def stop(self) -> None:
        """Take no further job. Safe in a signal handler."""
        self._is_stopped = True

    def run(self) -> int:
        """Work until stopped, finish what was begun, and return the exit code: 0, or 1 when a run hangs."""
        self._patiently(lambda: synchronise(self._schedule))
        while not self._is_stopped and self._may_go_on() and not self._hangs():
            if not self._free.acquire(timeout=self._poll):
                continue
            job = self._patiently(queue.claim)
            if job is None:
                self._free.release()
                self._pause(self._poll)
                continue
            # A little before the lease does, so that this worker does not take the job from itself.
            self._ends[job.lease] = time.monotonic() + 0.9 * policy_of(job.task).lease.total_seconds()
            # A daemon, so that a run that hangs can't keep the process.
            threading.Thread(target=self._run, args=(job,), name=f"job-{job.pk}", daemon=True).start()
        for _ in range(self._threads):
            while not self._free.acquire(timeout=self._poll):
                if self._hangs():
                    return 1
        connections.close_all()
        return 0

    def _run(self, job: Job) -> None:
        try:
            began = time.monotonic()
            logger.debug("Job %s (%s) begins, attempt %s", job.pk, job.task, job.attempts)
            self._patiently(_outcome(job))
            logger.info("Job %s (%s) ended after %.2f s", job.pk, job.task, time.monotonic() - began)
        finally:
            connections.close_all()
            self._ends.pop(job.lease, None)
            self._free.release()

    def _hangs(self) -> bool:
        now = time.monotonic()
        stuck = [lease for lease, end in list(self._ends.items()) if end <= now]
        if stuck:
            logger.error("%s job(s) did not end in their time; the worker starts over.", len(stuck))
        return bool(stuck)

    def _pause(self, seconds: float) -> None:
        ends_at = time.monotonic() + seconds
        while not self._is_stopped and (left := ends_at - time.monotonic()) > 0:
            time.sleep(min(left, _TICK))

    def _patiently(self, act: Callable[[], Found]) -> Found | None:
        """Return what ``act`` returns, as soon as the database answers; None when the worker is stopped before."""
        pause = self._poll
        while True:
            try:
                return act()
            except (OperationalError, InterfaceError) as error:
                logger.warning("The database does not answer (%s); trying again.", type(error).__name__)
                connections.close_all()
            self._pause(pause)
            if self._is_stopped:
                return None
            pause = min(pause * 2, _LONGEST_PAUSE)


def _outcome(job: Job) -> Callable[[], None]:
    """Run the job's task and return what is to be noted."""
    try:
        result = _call(job)
    except Exception as error:  # a task may raise anything, and the worker goes on
        failure = error
        # An error of ours says it all; any other is a surprise, and where it came from helps.
        surprise = not hasattr(error, "code")
        logger.warning("Job %s (%s) failed: %s", job.pk, job.task, type(error).__name__, exc_info=surprise)
        return lambda: queue.fail(job, failure)
    return lambda: queue.finish(job, result)


def _call(job: Job) -> Any:
    task = import_string(job.task)
    if not isinstance(task, Task):
        raise TypeError(f"{job.task} is no task")
    args, kwargs = job.arguments.get("args", []), job.arguments.get("kwargs", {})
    if task.takes_context:
        return task.call(TaskContext(task_result=result_of(job, task)), *args, **kwargs)
    return task.call(*args, **kwargs)

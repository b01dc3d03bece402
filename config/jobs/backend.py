"""The task backend that writes jobs into the table."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django_tasks.backends.base import BaseTaskBackend
from django_tasks.base import Task, TaskResult, TaskResultStatus
from django_tasks.utils import normalize_json

from .models import Job


class JobBackend(BaseTaskBackend):
    """Enqueues in the caller's transaction: a rollback takes the job back, and a commit can't lose it."""

    supports_defer = True

    def enqueue(self, task: Task[..., Any], args: Any, kwargs: Any) -> TaskResult[Any]:
        """Write the job and return it as the API's result.

        :raises TypeError, ValueError: an argument is no JSON value.
        """
        self.validate_task(task)
        job = Job.objects.create(
            task=task.module_path,
            arguments={"args": normalize_json(list(args)), "kwargs": normalize_json(dict(kwargs))},
            due_at=task.run_after or timezone.now(),
        )
        return result_of(job, task)


def result_of(job: Job, task: Task[..., Any]) -> TaskResult[Any]:
    """Return the job in the words of the tasks API."""
    return TaskResult(
        task=task,
        id=str(job.pk),
        status=TaskResultStatus.RUNNING if job.status == Job.Status.RUNNING else TaskResultStatus.READY,
        enqueued_at=job.created_at,
        started_at=job.started_at,
        last_attempted_at=job.started_at,
        finished_at=None,
        args=job.arguments.get("args", []),
        kwargs=job.arguments.get("kwargs", {}),
        backend=task.backend,
        errors=[],
        worker_ids=[str(job.lease)] * job.attempts,
    )

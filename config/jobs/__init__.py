"""Background jobs: a table in the service's own database, and the worker that empties it.

A job is written in the transaction that wants it, so it exists exactly when the change does. It runs at least once: a
worker that dies leaves a lease that ends, and the next worker takes the job again. Arguments are shown to operators, so
they are ids, never secrets.
"""

from __future__ import annotations

from typing import Any

from django_tasks.base import Task


def enqueue(task: Task[..., Any], *args: Any, **kwargs: Any) -> None:
    """Write a job for ``task`` in the caller's transaction. What the apps' ``ENQUEUE`` settings name."""
    task.enqueue(*args, **kwargs)

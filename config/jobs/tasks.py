"""The project's own tasks."""

from __future__ import annotations

import time

from django.utils import timezone
from django_tasks import task

from .sweep import sweep

_BATCH = 500
_SECONDS = 60.0


@task()
def remove_expired() -> int:
    """Remove old jobs and rate limits, in batches so that nobody waits for the database; return how many."""
    removed, ends_at = 0, time.monotonic() + _SECONDS
    while (found := sweep(now=timezone.now(), limit=_BATCH)) and time.monotonic() < ends_at:
        removed += found
    return removed

"""What runs outside a request. A task that raises is to be run again."""

from __future__ import annotations

import time

from django.utils import timezone
from django_tasks import task

from .services import recording

#: Rows that are deleted at once. SQLite has one writer, and everybody else waits for it.
BATCH = 500
_SECONDS = 60.0
_BREATH = 0.05


@task()
def remove_expired() -> int:
    """Remove the events that are older than the retention, in batches; return how many. Meant to run every day."""
    removed, ends_at = 0, time.monotonic() + _SECONDS
    while time.monotonic() < ends_at and (found := recording.remove_expired(now=timezone.now(), limit=BATCH)):
        removed += found
        time.sleep(_BREATH)
    return removed

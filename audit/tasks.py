"""What runs outside a request. A task that raises is to be run again."""

from __future__ import annotations

import time

from django.utils import timezone
from django_tasks import task

from .services import origins, recording

#: Rows that are deleted at once. SQLite has one writer, and everybody else waits for it.
BATCH = 500
_SECONDS = 60.0
_BREATH = 0.05


@task()
def remove_expired() -> int:
    """Remove the events that are older than the retention, in batches; return how many. Meant to run every day.

    Where people signed in from, long ago, is forgotten as well.
    """
    removed, ends_at = 0, time.monotonic() + _SECONDS
    for remove in (recording.remove_expired, origins.remove_expired):
        while time.monotonic() < ends_at and (found := remove(now=timezone.now(), limit=BATCH)):
            removed += found
            time.sleep(_BREATH)
    return removed

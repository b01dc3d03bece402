"""Removing what expired."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from django.utils import timezone

from ..models import Ceremony, SpentEnrolment

#: Rows that are deleted at once. SQLite has one writer, and everybody else waits for it.
BATCH = 500
_SECONDS = 60.0
_BREATH = 0.05
#: Longer than any session lives that no passkey began.
_SPENT_FOR = timedelta(days=30)


def sweep_all() -> int:
    """Delete batch after batch until nothing is left, or a minute is over; return how many rows."""
    removed, ends_at = 0, time.monotonic() + _SECONDS
    while time.monotonic() < ends_at and (found := sweep(now=timezone.now(), limit=BATCH)):
        removed += found
        time.sleep(_BREATH)
    return removed


def sweep(*, now: datetime, limit: int) -> int:
    """Delete up to ``limit`` ceremonies that nobody finished in time, and enrolments long spent; return how many."""
    keys = list(Ceremony.objects.expired(now).values_list("pk", flat=True)[:limit])
    Ceremony.objects.filter(pk__in=keys).delete()
    spent = SpentEnrolment.objects.filter(spent_at__lte=now - _SPENT_FOR)
    old = list(spent.values_list("pk", flat=True)[: limit - len(keys)])
    SpentEnrolment.objects.filter(pk__in=old).delete()
    return len(keys) + len(old)

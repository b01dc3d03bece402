"""Removing what the project's own tables need no more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from ..requests.models import RateLimit
from .models import Job

#: How long an operator can see what was done, and what was given up.
_DONE_KEPT = timedelta(days=1)
_PARKED_KEPT = timedelta(days=30)


def sweep(*, now: datetime, limit: int) -> int:
    """Delete up to ``limit`` rows: full rate limits, which equal none, and old jobs. Return how many they were."""
    old = Q(status=Job.Status.DONE, finished_at__lte=now - _DONE_KEPT)
    given_up = Q(status=Job.Status.PARKED, finished_at__lte=now - _PARKED_KEPT)
    removed = 0
    for rows in (RateLimit.objects.filter(full_at__lte=now.timestamp()), Job.objects.filter(old | given_up)):
        removed += _delete(rows, limit - removed)
    return removed


def _delete(rows: QuerySet[Any], limit: int) -> int:
    keys = list(rows.values_list("pk", flat=True)[:limit])
    # The condition is asked again: a limit that was used meanwhile stays.
    return rows.filter(pk__in=keys).delete()[0] if keys else 0

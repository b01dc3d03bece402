"""Removing what expired."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from .. import conf
from ..models import CodeRequest, EmailVerification, Invitation, LoginCode, Session
from . import sign_in_requests

#: How long a sign-up link is still listed after its end.
INVITATIONS_KEPT = timedelta(days=30)
#: Rows that are deleted at once. SQLite has one writer, and everybody else waits for it.
BATCH = 500
_SECONDS = 60.0
_BREATH = 0.05


def sweep_all() -> int:
    """Delete batch after batch until nothing is left, or a minute is over; return how many rows."""
    removed, ends_at = 0, time.monotonic() + _SECONDS
    while time.monotonic() < ends_at and (found := sweep(now=timezone.now(), limit=BATCH)):
        removed += found
        time.sleep(_BREATH)
    return removed


def sweep(*, now: datetime, limit: int) -> int:
    """Delete up to ``limit`` rows that nobody can use any more; return how many they were."""
    removed = sweep_sessions(now=now, limit=limit)
    sign_in_requests.expire(limit=limit)
    # A late visitor is refused with the true reason for a day.
    a_day_ago, listed_until = now - timedelta(days=1), now - INVITATIONS_KEPT
    over: tuple[QuerySet[Any], ...] = (
        LoginCode.objects.filter(expires_at__lte=a_day_ago),
        EmailVerification.objects.filter(expires_at__lte=a_day_ago),
        sign_in_requests.over(before=a_day_ago),
        # What nobody answered in time, nobody answers any more.
        CodeRequest.objects.filter(created_at__lte=now - timedelta(hours=1)),
        Invitation.objects.filter(Q(expires_at__lte=listed_until) | Q(revoked_at__lte=listed_until)),
    )
    for rows in over:
        removed += _delete(rows, limit - removed)
    return removed


def sweep_sessions(*, now: datetime, limit: int) -> int:
    """Delete up to ``limit`` sessions that idled or aged out; return how many they were."""
    ended = Q(expires_at__lte=now) | Q(last_seen_at__lte=now - conf.session_idle())
    return _delete(Session.objects.filter(ended), limit)


def _delete(rows: QuerySet[Any], limit: int) -> int:
    keys = list(rows.values_list("pk", flat=True)[:limit])
    if keys:
        rows.model._base_manager.filter(pk__in=keys).delete()
    return len(keys)

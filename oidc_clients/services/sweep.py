"""Removing what expired."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from .. import conf
from ..models import (
    AccessToken,
    ClientAssertion,
    ClientSession,
    DeviceGrant,
    Grant,
    Interaction,
    LogoutDelivery,
    PushedRequest,
    RefreshToken,
)

#: Rows that are deleted at once. SQLite has one writer, and everybody else waits for it.
BATCH = 500
_SECONDS = 60.0
_BREATH = 0.05


def sweep_all() -> int:
    """Delete batch after batch until nothing is left, or a minute is over; return how many rows."""
    removed, ends_at = 0, time.monotonic() + _SECONDS
    while (found := sweep(now=timezone.now(), limit=BATCH)) and time.monotonic() < ends_at:
        removed += found
        time.sleep(_BREATH)
    return removed


# For so long a late visitor is refused with the true reason.
_REASON_KEPT = timedelta(days=1)
# Clocks of clients differ; an assertion is remembered for longer than any leeway.
_LEEWAY = timedelta(minutes=10)
# A retry that is being answered just now.
_RETRY_LEEWAY = timedelta(minutes=1)
_DELIVERIES_KEPT = timedelta(days=30)
# A sign-in at a client that nobody ended: longer than any session or token lives.
_SIGN_INS_KEPT = timedelta(days=400)


def sweep(*, now: datetime, limit: int) -> int:
    """Delete up to ``limit`` rows, or contents of rows, that are past any use; return how many they were."""
    removed = _forget_answers(now, limit)
    for rows in _past_use(now):
        removed += _delete(rows, limit - removed)
    return removed


def _past_use(now: datetime) -> tuple[QuerySet[Any], ...]:
    """Return the rows that decide nothing any more. Tokens come first, for codes and sign-ins are kept for them."""
    token_lives = Exists(AccessToken.objects.filter(token_family=OuterRef("token_family"))) | Exists(
        RefreshToken.objects.filter(token_family=OuterRef("token_family"))
    )
    is_referred_to = (
        Exists(AccessToken.objects.filter(client_session=OuterRef("pk")))
        | Exists(RefreshToken.objects.filter(client_session=OuterRef("pk")))
        | Exists(Grant.objects.filter(client_session=OuterRef("pk")))
    )
    sign_in_is_over = Q(ended_at__lte=now - _DELIVERIES_KEPT) | Q(authorized_at__lte=now - _SIGN_INS_KEPT)
    return (
        AccessToken.objects.filter(expires__lte=now - _REASON_KEPT),
        # A rotated token stays until it would have expired: its reuse ends the family (RFC 9700 §4.14).
        RefreshToken.objects.filter(Q(idle_expires_at__lte=now) | Q(expires_at__lte=now)),
        # A redeemed code stays as long as there is something that its replay would revoke (RFC 6749 §4.1.2).
        Grant.objects.filter(expires__lte=now - _REASON_KEPT).exclude(Q(used_at__isnull=False) & Q(token_lives)),
        DeviceGrant.objects.filter(expires__lte=now - _REASON_KEPT),
        PushedRequest.objects.filter(expires_at__lte=now - _REASON_KEPT),
        # Strangers make them, and one that is gone is answered as one that has expired.
        Interaction.objects.filter(expires_at__lte=now),
        ClientAssertion.objects.filter(expires_at__lte=now - _LEEWAY),
        LogoutDelivery.objects.filter(created_at__lte=now - _DELIVERIES_KEPT),
        ClientSession.objects.filter(sign_in_is_over).exclude(is_referred_to),
    )


def _forget_answers(now: datetime, limit: int) -> int:
    """Empty what was kept for a retry that can't come any more: tokens, if only for who has the one before them."""
    late = RefreshToken.objects.filter(rotated_at__lte=now - conf.refresh_grace() - _RETRY_LEEWAY)
    keys = list(late.exclude(grace_answer="").values_list("pk", flat=True)[:limit])
    return RefreshToken.objects.filter(pk__in=keys).update(grace_answer="") if keys else 0


def _delete(rows: QuerySet[Any], limit: int) -> int:
    keys = list(rows.values_list("pk", flat=True)[:limit])
    if keys:
        rows.model._base_manager.filter(pk__in=keys).delete()
    return len(keys)

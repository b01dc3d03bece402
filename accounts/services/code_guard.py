"""How often everybody together may type a wrong code.

The limit per address stops one guesser; thousands of addresses are stopped here. A code that is bound to its browser
counts its wrong entries itself, and a link is not guessed: neither is paused.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import IntegrityError, models, transaction
from django.utils import timezone

from ..models import CodeGuard

LIMIT: Final = 100
_WINDOW: Final = timedelta(hours=1)
_PAUSE: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class Counted:
    """``wrong`` within the hour; ``is_news`` when operators have not been told of it in that time."""

    wrong: int
    is_news: bool


def hold() -> int:
    """Lock the guard until the transaction ends, and return for how many seconds codes pause, 0 when they don't.

    An UPDATE takes the lock, for ``SELECT ... FOR UPDATE`` takes none on SQLite: without it a thousand guesses at the
    same instant would all be the ninety-ninth.
    """
    if not CodeGuard.objects.filter(pk=1).update(paused_until=models.F("paused_until")):
        try:
            with transaction.atomic():
                CodeGuard.objects.create(pk=1)
        except IntegrityError:
            CodeGuard.objects.filter(pk=1).update(paused_until=models.F("paused_until"))
    until = CodeGuard.objects.values_list("paused_until", flat=True).get(pk=1)
    return max(0, math.ceil((until - timezone.now()).total_seconds())) if until is not None else 0


def count_wrong() -> Counted:
    """Count one wrong entry, under the lock of :func:`hold`; from the hundredth within an hour on, codes pause."""
    guard, now = CodeGuard.objects.get(pk=1), timezone.now()
    recent = [*_within_the_hour(guard), now.timestamp()][-LIMIT:]
    guard.recent = recent
    is_news = False
    if len(recent) >= LIMIT:
        guard.paused_until = now + _PAUSE
        is_news = guard.told_at is None or guard.told_at <= now - _WINDOW
        guard.told_at = now if is_news else guard.told_at
    guard.save()
    return Counted(wrong=len(recent), is_news=is_news)


def is_being_guessed() -> bool:
    """Return whether a hundred wrong codes or more were typed within the last hour."""
    guard = CodeGuard.objects.filter(pk=1).first()
    return guard is not None and len(_within_the_hour(guard)) >= LIMIT


def _within_the_hour(guard: CodeGuard) -> list[float]:
    since = (timezone.now() - _WINDOW).timestamp()
    return [float(at) for at in guard.recent if at > since]

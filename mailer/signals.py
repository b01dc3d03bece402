"""What this app tells: frozen events of plain values, primary keys as text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.dispatch import Signal


@dataclass(frozen=True)
class MailFailed:
    """A mail was given up, and its variables are gone.

    ``reason`` is ``refused``, ``expired`` or ``unreadable``; ``answer`` is the server's own, or what else was in the way,
    without anything secret. ``user`` is whom the caller named.
    """

    kind: str
    title: str
    reason: str
    answer: str
    attempts: int
    user: str | None = None
    actor: str | None = None


mail_failed = Signal()

ALL: Final[tuple[Signal, ...]] = (mail_failed,)

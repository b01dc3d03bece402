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


@dataclass(frozen=True)
class TestMailSent:
    """The mail server accepted a test mail. ``to`` is the address, ``actor`` the administrator who sent it."""

    to: str
    actor: str | None
    user: str | None = None


@dataclass(frozen=True)
class TestMailFailed:
    """The mail server rejected a test mail or couldn't be reached. ``answer`` is its answer, without secrets."""

    to: str
    answer: str
    actor: str | None
    user: str | None = None


mail_failed = Signal()
test_mail_sent = Signal()
test_mail_failed = Signal()

ALL: Final[tuple[Signal, ...]] = (mail_failed, test_mail_sent, test_mail_failed)

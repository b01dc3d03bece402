"""Members' addresses that are proved, and their pictures. No event carries a link or a token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.dispatch import Signal


@dataclass(frozen=True)
class EmailVerificationSent:
    """A link was mailed to ``address``."""

    user: str
    user_name: str
    address: str
    actor: str | None = None


@dataclass(frozen=True)
class EmailVerified:
    """The owner of ``address`` opened the link; whoever that was need not be signed in."""

    user: str
    user_name: str
    address: str
    actor: str | None = None


@dataclass(frozen=True)
class EmailVerificationRefused:
    """A link was refused; ``reason`` is a stable word, and ``user`` unknown where the link is."""

    reason: str
    user: str | None = None
    actor: str | None = None


@dataclass(frozen=True)
class PictureChanged:
    user: str
    user_name: str
    actor: str | None = None


@dataclass(frozen=True)
class PictureRemoved:
    user: str
    user_name: str
    actor: str | None = None


email_verification_sent = Signal()
email_verified = Signal()
email_verification_refused = Signal()
picture_changed = Signal()
picture_removed = Signal()

ALL: Final[tuple[Signal, ...]] = (
    email_verification_sent,
    email_verified,
    email_verification_refused,
    picture_changed,
    picture_removed,
)

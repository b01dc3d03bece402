"""Sessions that begin and end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.dispatch import Signal


@dataclass(frozen=True)
class SignedIn:
    """``method`` is ``setup`` or ``code``; a passkey's owner tells of its own sign-ins. ``source`` says more of it."""

    user: str
    method: str
    source: str | None = None
    actor: str | None = None


@dataclass(frozen=True)
class SignedOut:
    """``session`` is the public id (``sid``) of the session that its member closed."""

    user: str
    session: str
    actor: str | None = None


@dataclass(frozen=True)
class SessionEnded:
    """``count`` sessions of the member were ended, ``sessions`` are their public ids; ``reason`` is a stable word."""

    user: str
    reason: str
    count: int
    sessions: tuple[str, ...]
    actor: str | None = None


@dataclass(frozen=True)
class SignedOutEverywhere:
    """An operator ended all that the member's sign-ins gave, at clients and on devices too; ``count`` sessions here."""

    user: str
    count: int
    actor: str | None = None


signed_in = Signal()
signed_out = Signal()
session_ended = Signal()
signed_out_everywhere = Signal()

ALL: Final[tuple[Signal, ...]] = (
    signed_in,
    signed_out,
    session_ended,
    signed_out_everywhere,
)

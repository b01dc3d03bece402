"""One-time sign-in codes. What opens an account stands in no event: they are all written down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.dispatch import Signal


@dataclass(frozen=True)
class LoginCodeCreated:
    """``how`` is ``shown``, ``mailed``, ``command`` or ``requested``; the last one has no actor."""

    user: str
    user_name: str
    expires_at: str
    how: str
    actor: str | None = None


@dataclass(frozen=True)
class LoginCodeSent:
    """A code was put into a mail. ``how`` is ``mailed`` or ``requested``.

    ``from_address`` and ``user_agent`` are of whoever asked, where it was not an operator.
    """

    user: str
    how: str
    to: str
    from_address: str | None = None
    user_agent: str | None = None
    actor: str | None = None


@dataclass(frozen=True)
class LoginCodesWithdrawn:
    """``count`` outstanding codes of the member open nothing any more; ``reason`` is a stable word."""

    user: str
    reason: str
    count: int
    actor: str | None = None


@dataclass(frozen=True)
class LoginCodeUsed:
    """The member signed in. ``maker`` is the operator who made the code, ``maker_name`` their user name then or now."""

    user: str
    how: str
    maker: str | None = None
    maker_name: str | None = None
    actor: str | None = None


@dataclass(frozen=True)
class LoginCodeRefused:
    reason: str
    user: str | None = None
    actor: str | None = None


@dataclass(frozen=True)
class LoginCodesPaused:
    """So many wrong codes were typed within an hour that codes to type pause a minute after each further one."""

    wrong: int
    actor: str | None = None


login_code_created = Signal()
login_code_sent = Signal()
login_codes_withdrawn = Signal()
login_code_used = Signal()
login_code_refused = Signal()
login_codes_paused = Signal()

ALL: Final[tuple[Signal, ...]] = (
    login_code_created,
    login_code_sent,
    login_codes_withdrawn,
    login_code_used,
    login_code_refused,
    login_codes_paused,
)

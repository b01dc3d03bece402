"""One-time sign-in codes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.dispatch import Signal


@dataclass(frozen=True)
class LoginCodeCreated:
    user: str
    user_name: str
    expires_at: str
    actor: str | None = None


@dataclass(frozen=True)
class LoginCodesWithdrawn:
    """``count`` outstanding links of the member open nothing any more; ``reason`` is a stable word."""

    user: str
    reason: str
    count: int
    actor: str | None = None


@dataclass(frozen=True)
class LoginCodeUsed:
    user: str
    actor: str | None = None


@dataclass(frozen=True)
class LoginCodeRefused:
    reason: str
    user: str | None = None
    actor: str | None = None


login_code_created = Signal()
login_codes_withdrawn = Signal()
login_code_used = Signal()
login_code_refused = Signal()

ALL: Final[tuple[Signal, ...]] = (
    login_code_created,
    login_codes_withdrawn,
    login_code_used,
    login_code_refused,
)

"""Links by which newcomers make their own account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.dispatch import Signal


@dataclass(frozen=True)
class InvitationCreated:
    """``groups`` are the names of the groups that whoever comes by the link joins."""

    invitation: str
    note: str
    groups: tuple[str, ...]
    max_uses: int
    works_while_off: bool
    expires_at: str
    actor: str | None = None


@dataclass(frozen=True)
class InvitationRevoked:
    """``uses`` accounts had been made by the link."""

    invitation: str
    note: str
    uses: int
    actor: str | None = None


@dataclass(frozen=True)
class SignUpRefused:
    """Somebody came to make an account and was refused; ``reason`` is a stable word."""

    reason: str
    invitation: str | None = None
    user: str | None = None
    actor: str | None = None


invitation_created = Signal()
invitation_revoked = Signal()
sign_up_refused = Signal()

ALL: Final[tuple[Signal, ...]] = (
    invitation_created,
    invitation_revoked,
    sign_up_refused,
)

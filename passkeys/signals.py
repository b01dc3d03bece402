"""What this app tells: frozen events of plain values, primary keys as text.

Events of success are sent inside the transaction that made the change; ``passkey_refused`` after it has ended,
so that a rollback cannot erase it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.dispatch import Signal


@dataclass(frozen=True)
class PasskeyRegistered:
    user: str
    passkey: str
    name: str
    first: bool
    actor: str | None = None


@dataclass(frozen=True)
class PasskeyUsed:
    """``purpose`` is ``sign_in`` or ``step_up``."""

    user: str
    passkey: str
    name: str
    purpose: str
    synced: bool
    actor: str | None = None


@dataclass(frozen=True)
class PasskeyRenamed:
    user: str
    passkey: str
    old_name: str
    new_name: str
    actor: str | None = None


@dataclass(frozen=True)
class PasskeyRemoved:
    """``actor`` is the operator who removed it, or ``None`` when the member or the command line did.

    ``left`` counts what remains. A member can't remove their own last one, so 0 always means somebody else.
    """

    user: str
    passkey: str
    name: str
    left: int
    actor: str | None = None


@dataclass(frozen=True)
class PasskeyRefused:
    """``purpose`` is ``register``, ``sign_in``, ``step_up`` or ``remove``; ``reason`` is a stable word; ``detail`` explains it.

    ``user`` is the owner of the passkey or the signed-in member, where there is one.
    """

    purpose: str
    reason: str
    detail: str
    user: str | None = None
    passkey: str | None = None
    actor: str | None = None


@dataclass(frozen=True)
class BackupStateChanged:
    """The passkey was, or no longer is, kept in the backup of its provider."""

    user: str
    passkey: str
    name: str
    backed_up: bool
    actor: str | None = None


passkey_registered = Signal()
passkey_used = Signal()
passkey_renamed = Signal()
passkey_removed = Signal()
passkey_refused = Signal()
backup_state_changed = Signal()

ALL: Final[tuple[Signal, ...]] = (
    passkey_registered,
    passkey_used,
    passkey_renamed,
    passkey_removed,
    passkey_refused,
    backup_state_changed,
)

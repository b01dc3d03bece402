"""What this app tells: frozen events of plain values, primary keys as text.

Events of success are sent inside the transaction that made the change; ``login_code_refused``, ``setup_refused`` and
``operator_refused`` after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.dispatch import Signal


@dataclass(frozen=True)
class SetupCompleted:
    user: str
    user_name: str
    actor: str | None = None


@dataclass(frozen=True)
class SetupRefused:
    """Somebody came to the wizard with a wrong token."""

    reason: str
    user: str | None = None
    actor: str | None = None


@dataclass(frozen=True)
class OperatorRefused:
    """An operator tried what they may not. ``action`` is the name of the page, ``reason`` a stable word.

    ``user`` is the member it was about, ``group`` the group.
    """

    action: str
    reason: str
    user: str | None = None
    group: str | None = None
    actor: str | None = None


@dataclass(frozen=True)
class SignedIn:
    """``method`` is ``setup`` or ``code``; a passkey's owner tells of its own sign-ins."""

    user: str
    method: str
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
class MemberCreated:
    user: str
    user_name: str
    superuser: bool
    actor: str | None = None


@dataclass(frozen=True)
class MemberChanged:
    """``before`` and ``after`` hold the fields that changed."""

    user: str
    user_name: str
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    actor: str | None = None


@dataclass(frozen=True)
class MemberDisabled:
    user: str
    user_name: str
    actor: str | None = None


@dataclass(frozen=True)
class MemberEnabled:
    user: str
    user_name: str
    actor: str | None = None


@dataclass(frozen=True)
class MemberDeleted:
    user: str
    user_name: str
    actor: str | None = None


@dataclass(frozen=True)
class GroupCreated:
    group: str
    name: str
    actor: str | None = None


@dataclass(frozen=True)
class GroupChanged:
    group: str
    name: str
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    actor: str | None = None


@dataclass(frozen=True)
class GroupDeleted:
    """``members`` are the primary keys of those who lose it."""

    group: str
    name: str
    members: tuple[str, ...]
    actor: str | None = None


@dataclass(frozen=True)
class MembershipChanged:
    """``joined`` and ``left`` are names of groups."""

    user: str
    user_name: str
    joined: tuple[str, ...]
    left: tuple[str, ...]
    actor: str | None = None


@dataclass(frozen=True)
class IdentifierReleased:
    """A reserved user name or address may be taken by anybody again."""

    kind: str
    identifier: str
    actor: str | None = None


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


setup_completed = Signal()
setup_refused = Signal()
operator_refused = Signal()
signed_in = Signal()
signed_out = Signal()
session_ended = Signal()
member_created = Signal()
member_changed = Signal()
member_disabled = Signal()
member_enabled = Signal()
member_deleted = Signal()
group_created = Signal()
group_changed = Signal()
group_deleted = Signal()
membership_changed = Signal()
identifier_released = Signal()
login_code_created = Signal()
login_codes_withdrawn = Signal()
login_code_used = Signal()
login_code_refused = Signal()

ALL: Final[tuple[Signal, ...]] = (
    setup_completed,
    setup_refused,
    operator_refused,
    signed_in,
    signed_out,
    session_ended,
    member_created,
    member_changed,
    member_disabled,
    member_enabled,
    member_deleted,
    group_created,
    group_changed,
    group_deleted,
    membership_changed,
    identifier_released,
    login_code_created,
    login_codes_withdrawn,
    login_code_used,
    login_code_refused,
)

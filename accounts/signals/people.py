"""Members, their groups, their names and addresses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.dispatch import Signal


@dataclass(frozen=True)
class MemberCreated:
    """``sign_up`` is ``open`` or ``link`` where somebody made the account themselves, ``invitation`` the link's id."""

    user: str
    user_name: str
    superuser: bool
    sign_up: str | None = None
    invitation: str | None = None
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

ALL: Final[tuple[Signal, ...]] = (
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
)

"""The first-run wizard, and what operators may not do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

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


setup_completed = Signal()
setup_refused = Signal()
operator_refused = Signal()

ALL: Final[tuple[Signal, ...]] = (
    setup_completed,
    setup_refused,
    operator_refused,
)

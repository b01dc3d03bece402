"""What the checks of a device code are given. Times are seconds since the epoch, with fractions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DeviceStatus(StrEnum):
    """What the person said so far."""

    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class DeviceState:
    """A device grant, as the row says it. ``interval`` is how long a device must wait between two polls, in seconds."""

    client_pk: int
    status: DeviceStatus
    expires_at: float
    polled_at: float | None
    interval: float
    is_redeemed: bool
    member_is_active: bool
    has_consent: bool
    is_allowed: bool


@dataclass(frozen=True, slots=True)
class DeviceAttempt:
    """What an authenticated client presents."""

    client_pk: int
    may_use_grant: bool
    now: float

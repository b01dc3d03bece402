"""Input of the device code checks. Times are seconds since 1970, with fractions."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class DeviceStatus(StrEnum):
    """The member's answer so far."""

    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class DeviceState:
    """A device grant as stored. ``interval`` is the minimum number of seconds between two polls."""

    client_pk: int
    status: DeviceStatus
    expires_at: float
    polled_at: float | None
    interval: float
    is_redeemed: bool


@dataclass(frozen=True, slots=True)
class DeviceAttempt:
    """What an authenticated client presents."""

    client_pk: int
    may_use_grant: bool
    now: float

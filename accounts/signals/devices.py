"""Sign-ins that a member answers for another device. ``device_address`` and ``device_agent`` are those of the device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.dispatch import Signal


@dataclass(frozen=True)
class DeviceSignInApproved:
    """``is_mine`` lets the device add a passkey, ``is_once`` ends its session early."""

    user: str
    device_address: str
    device_agent: str
    is_mine: bool
    is_once: bool
    actor: str | None = None


@dataclass(frozen=True)
class DeviceSignInRefused:
    """``reason`` is ``by_member``, or the stable word for why an approval was not taken or was not used."""

    user: str
    reason: str
    device_address: str
    device_agent: str
    actor: str | None = None


@dataclass(frozen=True)
class DeviceSignInUsed:
    """The device picked its approval up and is signed in."""

    user: str
    device_address: str
    device_agent: str
    is_mine: bool
    is_once: bool
    actor: str | None = None


@dataclass(frozen=True)
class DeviceSignInExpired:
    """Time ran out for a request that a member had typed the code of, or had approved."""

    user: str
    device_address: str
    device_agent: str
    was_approved: bool
    actor: str | None = None


device_sign_in_approved = Signal()
device_sign_in_refused = Signal()
device_sign_in_used = Signal()
device_sign_in_expired = Signal()

ALL: Final[tuple[Signal, ...]] = (
    device_sign_in_approved,
    device_sign_in_refused,
    device_sign_in_used,
    device_sign_in_expired,
)

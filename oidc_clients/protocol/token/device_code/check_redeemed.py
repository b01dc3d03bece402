from __future__ import annotations

from ..state import Refused
from .state import DeviceAttempt, DeviceState


def check_redeemed(grant: DeviceState, attempt: DeviceAttempt) -> Refused | None:
    """Reject a second redemption."""
    return Refused("redeemed_already") if grant.is_redeemed else None

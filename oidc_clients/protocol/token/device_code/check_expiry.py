from __future__ import annotations

from ..state import Refused
from .state import DeviceAttempt, DeviceState


def check_expiry(grant: DeviceState, attempt: DeviceAttempt) -> Refused | None:
    """Check the expiry here, whether or not expired rows are deleted in time. An approval doesn't extend it."""
    return None if attempt.now < grant.expires_at else Refused("expired_code", code="expired_token")

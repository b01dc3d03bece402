from __future__ import annotations

from ..state import Refused
from .state import DeviceAttempt, DeviceState


def check_expiry(grant: DeviceState, attempt: DeviceAttempt) -> Refused | None:
    """Expiry is enforced at use, whatever a clean-up did; an approval prolongs nothing."""
    return None if attempt.now < grant.expires_at else Refused("expired_code", code="expired_token")

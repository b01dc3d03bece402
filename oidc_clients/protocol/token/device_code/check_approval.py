from __future__ import annotations

from ..state import Refused
from .state import DeviceAttempt, DeviceState, DeviceStatus


def check_approval(grant: DeviceState, attempt: DeviceAttempt) -> Refused | None:
    """Check whether the member has answered yet."""
    is_pending = grant.status is DeviceStatus.PENDING
    return Refused("not_yet_approved", code="authorization_pending") if is_pending else None

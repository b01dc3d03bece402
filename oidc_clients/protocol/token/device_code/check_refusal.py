from __future__ import annotations

from ..state import Refused
from .state import DeviceAttempt, DeviceState, DeviceStatus


def check_refusal(grant: DeviceState, attempt: DeviceAttempt) -> Refused | None:
    """Reject if the member denied the sign-in, may not use the client, or lost access since."""
    return Refused("refused", code="access_denied") if grant.status is DeviceStatus.REFUSED else None

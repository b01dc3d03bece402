from __future__ import annotations

from ..state import Refused
from .state import DeviceAttempt, DeviceState, DeviceStatus


def check_pace(grant: DeviceState, attempt: DeviceAttempt) -> Refused | None:
    """Reject a poll before the interval is over (RFC 8628 §3.5)."""
    if grant.status is not DeviceStatus.PENDING or grant.polled_at is None:
        return None
    is_early = attempt.now - grant.polled_at < grant.interval
    return Refused("polled_too_fast", code="slow_down") if is_early else None

from __future__ import annotations

from ..state import Refused
from .state import DeviceAttempt, DeviceState


def check_grant_type(grant: DeviceState, attempt: DeviceAttempt) -> Refused | None:
    """Check that the client may still sign members in on devices."""
    return None if attempt.may_use_grant else Refused("grant_type_not_allowed", code="unauthorized_client")

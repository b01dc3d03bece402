from __future__ import annotations

from ..state import Refused
from .state import DeviceAttempt, DeviceState


def check_grant_type(grant: DeviceState, attempt: DeviceAttempt) -> Refused | None:
    """The client may have lost its permission to sign people in on devices since it asked."""
    return None if attempt.may_use_grant else Refused("grant_type_not_allowed", code="unauthorized_client")

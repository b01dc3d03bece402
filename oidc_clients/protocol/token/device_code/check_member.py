from __future__ import annotations

from ..state import Refused
from .state import DeviceAttempt, DeviceState


def check_member(grant: DeviceState, attempt: DeviceAttempt) -> Refused | None:
    """Since the approval the member may have been disabled, taken the consent back, or lost access to the client."""
    if not grant.member_is_active:
        return Refused("member_disabled", code="access_denied")
    if not grant.has_consent:
        return Refused("consent_revoked", code="access_denied")
    return None if grant.is_allowed else Refused("access_lost", code="access_denied")

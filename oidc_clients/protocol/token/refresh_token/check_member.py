from __future__ import annotations

from ..state import RefreshAttempt, RefreshState, Refused


def check_member(token: RefreshState, attempt: RefreshAttempt) -> Refused | None:
    """The member may have been disabled, or have taken the consent back, since the last time."""
    if not token.member_is_active:
        return Refused("member_disabled")
    return None if token.has_consent else Refused("consent_revoked")

from __future__ import annotations

from ..state import CodeAttempt, GrantState, Refused


def check_member(grant: GrantState, attempt: CodeAttempt) -> Refused | None:
    """The member may have been disabled, or have taken the consent back, since the code was made."""
    if not grant.member_is_active:
        return Refused("member_disabled")
    return None if grant.has_consent else Refused("consent_revoked")

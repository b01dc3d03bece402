from __future__ import annotations

from ..state import CodeAttempt, GrantState, Refused


def check_expiry(grant: GrantState, attempt: CodeAttempt) -> Refused | None:
    """Check the expiry here, whether or not expired rows are deleted in time."""
    return None if attempt.now < grant.expires_at else Refused("expired_code", description="The code has expired.")

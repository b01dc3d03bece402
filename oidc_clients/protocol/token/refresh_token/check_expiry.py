from __future__ import annotations

from ..state import RefreshAttempt, RefreshState, Refused


def check_expiry(token: RefreshState, attempt: RefreshAttempt) -> Refused | None:
    """Check the idle and the absolute expiry."""
    return (
        None
        if attempt.now < token.expires_at
        else Refused("expired_token", description="The refresh token has expired.")
    )

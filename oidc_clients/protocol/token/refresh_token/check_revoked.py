from __future__ import annotations

from ..state import RefreshAttempt, RefreshState, Refused


def check_revoked(token: RefreshState, attempt: RefreshAttempt) -> Refused | None:
    """Reject a revoked token, also during the grace period after rotation."""
    return Refused("revoked_token") if token.is_revoked else None

from __future__ import annotations

from ..state import RefreshAttempt, RefreshState, Refused


def check_revoked(token: RefreshState, attempt: RefreshAttempt) -> Refused | None:
    """Whoever revoked the family meant all of it: no grace brings it back."""
    return Refused("revoked_token") if token.is_revoked else None

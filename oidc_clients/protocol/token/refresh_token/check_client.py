from __future__ import annotations

from ..state import RefreshAttempt, RefreshState, Refused


def check_client(token: RefreshState, attempt: RefreshAttempt) -> Refused | None:
    """Check that the refresh token was issued to this client (RFC 6749 §6)."""
    return None if token.client_pk == attempt.client_pk else Refused("wrong_client")

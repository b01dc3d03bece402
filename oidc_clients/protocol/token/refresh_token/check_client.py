from __future__ import annotations

from ..state import RefreshAttempt, RefreshState, Refused


def check_client(token: RefreshState, attempt: RefreshAttempt) -> Refused | None:
    """A refresh token is for the client it was given to (RFC 6749 §6)."""
    return None if token.client_pk == attempt.client_pk else Refused("wrong_client")

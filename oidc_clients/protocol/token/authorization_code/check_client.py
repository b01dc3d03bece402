from __future__ import annotations

from ..state import CodeAttempt, GrantState, Refused


def check_client(grant: GrantState, attempt: CodeAttempt) -> Refused | None:
    """Check that the code was issued to this client (RFC 6749 §4.1.3)."""
    return None if grant.client_pk == attempt.client_pk else Refused("wrong_client")

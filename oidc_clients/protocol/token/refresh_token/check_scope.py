from __future__ import annotations

from ...scopes import covers, known_scopes
from ..state import RefreshAttempt, RefreshState, Refused


def check_scope(token: RefreshState, attempt: RefreshAttempt) -> Refused | None:
    """Check that no scope beyond the granted ones is requested (RFC 6749 §6)."""
    wider = not covers(token.scopes, known_scopes(attempt.scope))
    return Refused("wider_scope", code="invalid_scope") if wider else None

from __future__ import annotations

from ..state import Refused, Standing


def check_session(standing: Standing) -> Refused | None:
    """Check the session: if it was ended, nothing is valid; if it was signed out, only ``offline_access`` is."""
    if standing.session_has_ended:
        return Refused("session_ended")
    is_over = standing.session_is_signed_out and "offline_access" not in standing.scopes
    return Refused("signed_out") if is_over else None

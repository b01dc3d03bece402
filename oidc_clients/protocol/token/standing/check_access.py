from __future__ import annotations

from ..state import Refused, Standing


def check_access(standing: Standing) -> Refused | None:
    """Check whether the member may still use the client: groups and clients change."""
    return None if standing.is_allowed else Refused("access_lost")

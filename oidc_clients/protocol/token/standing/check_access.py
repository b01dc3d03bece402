from __future__ import annotations

from ..state import Refused, Standing


def check_access(standing: Standing) -> Refused | None:
    """A group may have been left, or the client closed, since."""
    return None if standing.is_allowed else Refused("access_lost")

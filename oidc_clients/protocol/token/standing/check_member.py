from __future__ import annotations

from ..state import Refused, Standing


def check_member(standing: Standing) -> Refused | None:
    """Check whether the member has been disabled."""
    return None if standing.member_is_active else Refused("member_disabled")

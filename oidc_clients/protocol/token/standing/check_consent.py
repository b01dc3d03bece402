from __future__ import annotations

from ..state import Refused, Standing


def check_consent(standing: Standing) -> Refused | None:
    """Check whether the member has revoked consent."""
    return None if standing.has_consent else Refused("consent_revoked")

from __future__ import annotations

from ..state import Refused, Standing


def check_consent(standing: Standing) -> Refused | None:
    """The member may have taken the consent back since."""
    return None if standing.has_consent else Refused("consent_revoked")

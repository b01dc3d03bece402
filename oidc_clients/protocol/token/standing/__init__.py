"""Whether a grant is still valid: the checks, in order, for all grants, userinfo and introspection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ..state import Refused, Standing
from .check_access import check_access
from .check_consent import check_consent
from .check_member import check_member
from .check_session import check_session

Check = Callable[[Standing], Refused | None]
CHECKS: Final[tuple[Check, ...]] = (check_member, check_consent, check_session, check_access)


def what_was_lost(standing: Standing) -> Refused | None:
    """Return the refusal of the first check that fails, or None while the grant is valid."""
    return next((refused for check in CHECKS if (refused := check(standing)) is not None), None)

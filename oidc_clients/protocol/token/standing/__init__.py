"""Whether what was granted still stands: the checks of every grant, of userinfo and of introspection, in order."""

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
    """The first check's refusal, or None while all of it stands."""
    return next((refused for check in CHECKS if (refused := check(standing)) is not None), None)

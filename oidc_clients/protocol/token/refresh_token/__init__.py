"""Refreshing: the checks, in order (RFC 6749 §6, RFC 9700 §4.14)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ..state import RefreshAttempt, RefreshState, Refused
from .check_client import check_client
from .check_expiry import check_expiry
from .check_member import check_member
from .check_revoked import check_revoked
from .check_scope import check_scope

Check = Callable[[RefreshState, RefreshAttempt], Refused | None]
CHECKS: Final[tuple[Check, ...]] = (check_client, check_revoked, check_expiry, check_member, check_scope)


def first_refusal(token: RefreshState, attempt: RefreshAttempt) -> Refused | None:
    """The first check's refusal, or None when all agree."""
    return next((refused for check in CHECKS if (refused := check(token, attempt)) is not None), None)

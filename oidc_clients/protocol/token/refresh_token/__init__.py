"""Refreshing: the checks in order (RFC 6749 §6, RFC 9700 §4.14).

``IDENTITY_CHECKS`` come before reuse is detected: a stranger's attempt isn't reuse, and what is revoked stays revoked.
``STATE_CHECKS`` come after it: reuse ends the family even if the token has expired.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ..state import RefreshAttempt, RefreshState, Refused
from .check_client import check_client
from .check_expiry import check_expiry
from .check_revoked import check_revoked
from .check_scope import check_scope

Check = Callable[[RefreshState, RefreshAttempt], Refused | None]
IDENTITY_CHECKS: Final[tuple[Check, ...]] = (check_client, check_revoked)
STATE_CHECKS: Final[tuple[Check, ...]] = (check_expiry, check_scope)

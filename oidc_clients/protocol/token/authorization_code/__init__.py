"""Redeeming a code: the checks, in order (RFC 6749 §4.1.3, RFC 7636 §4.6).

``IDENTITY_CHECKS`` decide whether the attempt is the code's own client's. Only then may a second use count as a replay:
anybody else is refused and changes nothing, or a stolen code would let a stranger end its owner's session.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ..state import CodeAttempt, GrantState, Refused
from .check_client import check_client
from .check_expiry import check_expiry
from .check_pkce import check_pkce
from .check_redirect_uri import check_redirect_uri

Check = Callable[[GrantState, CodeAttempt], Refused | None]
IDENTITY_CHECKS: Final[tuple[Check, ...]] = (check_client, check_redirect_uri, check_pkce)
STATE_CHECKS: Final[tuple[Check, ...]] = (check_expiry,)

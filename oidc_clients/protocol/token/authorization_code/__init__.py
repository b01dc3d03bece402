"""Redeeming a code: the checks in order (RFC 6749 §4.1.3, RFC 7636 §4.6).

``IDENTITY_CHECKS`` decide whether the attempt comes from the code's own client. Only then can a second use count as a
replay. Anyone else is rejected without any change, or a stolen code could end its owner's session.
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

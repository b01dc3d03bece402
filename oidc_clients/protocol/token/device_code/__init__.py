"""Redeeming a device code: the checks, in order (RFC 8628 §3.4, §3.5).

Whose code it is comes first: another client's attempt is refused as an unknown code would be, and changes nothing. A code
that waits for its person says so, and says *slow down* only while it waits: who polls too fast still gets the answer. What an approval rests on is asked as for
every grant (``standing``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ..state import Refused
from .check_approval import check_approval
from .check_client import check_client
from .check_expiry import check_expiry
from .check_grant_type import check_grant_type
from .check_pace import check_pace
from .check_redeemed import check_redeemed
from .check_refusal import check_refusal
from .state import DeviceAttempt, DeviceState, DeviceStatus

Check = Callable[[DeviceState, DeviceAttempt], Refused | None]
CHECKS: Final[tuple[Check, ...]] = (
    check_client,
    check_redeemed,
    check_grant_type,
    check_refusal,
    check_expiry,
    check_pace,
    check_approval,
)
#: What a device may hear any number of times while all is well.
WAITING: Final = frozenset({"authorization_pending", "slow_down"})


__all__ = ["CHECKS", "WAITING", "DeviceAttempt", "DeviceState", "DeviceStatus"]

"""Redeeming a device code: the checks in order (RFC 8628 §3.4, §3.5).

Ownership comes first: another client's attempt is rejected like an unknown code and changes nothing. A pending code
answers *authorization_pending*, and *slow_down* only while it is pending: a device that polls too fast still gets the
result. Whether the approval is still valid is checked as for every grant (``standing``).
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
#: Responses that a device may get any number of times while it waits.
WAITING: Final = frozenset({"authorization_pending", "slow_down"})


__all__ = ["CHECKS", "WAITING", "DeviceAttempt", "DeviceState", "DeviceStatus"]

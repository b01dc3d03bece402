"""Members, their groups' details, their sessions and their one-time sign-in codes."""

from __future__ import annotations

from .codes import LoginCode
from .people import GroupDetails, ReservedIdentifier, User, UserManager
from .sessions import Session
from .setup import Setup, SetupWindow

__all__ = [
    "GroupDetails",
    "LoginCode",
    "ReservedIdentifier",
    "Session",
    "Setup",
    "SetupWindow",
    "User",
    "UserManager",
]

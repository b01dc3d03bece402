"""Members, their groups' details, their sessions and their one-time sign-in codes."""

from __future__ import annotations

from .codes import CodeGuard, CodeRequest, LoginCode
from .people import GroupDetails, ReservedIdentifier, User, UserManager
from .sessions import Session
from .setup import Setup, SetupWindow

__all__ = [
    "CodeGuard",
    "CodeRequest",
    "GroupDetails",
    "LoginCode",
    "ReservedIdentifier",
    "Session",
    "Setup",
    "SetupWindow",
    "User",
    "UserManager",
]

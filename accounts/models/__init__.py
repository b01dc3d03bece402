"""Members, their groups' details, their sessions and their one-time sign-in codes."""

from __future__ import annotations

from .codes import CodeGuard, CodeRequest, LoginCode
from .invitations import Invitation, InvitationUse
from .people import GroupDetails, ReservedIdentifier, User, UserManager
from .pictures import ProfilePicture
from .sessions import Session
from .setup import Setup, SetupWindow
from .verification import EmailVerification

__all__ = [
    "EmailVerification",
    "CodeGuard",
    "CodeRequest",
    "GroupDetails",
    "Invitation",
    "InvitationUse",
    "LoginCode",
    "ProfilePicture",
    "ReservedIdentifier",
    "Session",
    "Setup",
    "SetupWindow",
    "User",
    "UserManager",
]

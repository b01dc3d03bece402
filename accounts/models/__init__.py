"""Members, their groups' details, their sessions, their one-time sign-in codes, and what waits on another device."""

from __future__ import annotations

from .codes import CodeGuard, CodeRequest, LoginCode
from .invitations import Invitation, InvitationUse
from .people import GroupDetails, ReservedIdentifier, User, UserManager
from .pictures import ProfilePicture
from .sessions import Session
from .setup import Setup, SetupWindow
from .sign_in_requests import SignInRequest
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
    "SignInRequest",
    "User",
    "UserManager",
]

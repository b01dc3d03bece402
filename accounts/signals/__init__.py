"""What this app tells: frozen events of plain values, primary keys as text.

Events of success are sent inside the transaction that made the change; ``login_code_refused``, ``login_codes_paused``,
``setup_refused`` and ``operator_refused`` after it.
Events of success are sent inside the transaction that made the change; ``login_code_refused``, ``setup_refused`` and
``operator_refused`` after it, and ``device_sign_in_refused`` where it was not the member who refused.
"""

from __future__ import annotations

from typing import Final

from django.dispatch import Signal

from . import codes, people, profile, sessions, setup
from . import codes, devices, people, sessions, setup
from .codes import (
    LoginCodeCreated,
    LoginCodeRefused,
    LoginCodeSent,
    LoginCodesPaused,
    LoginCodesWithdrawn,
    LoginCodeUsed,
    login_code_created,
    login_code_refused,
    login_code_sent,
    login_code_used,
    login_codes_paused,
    login_codes_withdrawn,
)
from .devices import (
    DeviceSignInApproved,
    DeviceSignInExpired,
    DeviceSignInRefused,
    DeviceSignInUsed,
    device_sign_in_approved,
    device_sign_in_expired,
    device_sign_in_refused,
    device_sign_in_used,
)
from .people import (
    GroupChanged,
    GroupCreated,
    GroupDeleted,
    IdentifierReleased,
    MemberChanged,
    MemberCreated,
    MemberDeleted,
    MemberDisabled,
    MemberEnabled,
    MembershipChanged,
    group_changed,
    group_created,
    group_deleted,
    identifier_released,
    member_changed,
    member_created,
    member_deleted,
    member_disabled,
    member_enabled,
    membership_changed,
)
from .profile import (
    EmailVerificationRefused,
    EmailVerificationSent,
    EmailVerified,
    PictureChanged,
    PictureRemoved,
    email_verification_refused,
    email_verification_sent,
    email_verified,
    picture_changed,
    picture_removed,
)
from .sessions import (
    SessionEnded,
    SignedIn,
    SignedOut,
    session_ended,
    signed_in,
    signed_out,
)
from .setup import (
    OperatorRefused,
    SetupCompleted,
    SetupRefused,
    operator_refused,
    setup_completed,
    setup_refused,
)

ALL: Final[tuple[Signal, ...]] = (*setup.ALL, *sessions.ALL, *people.ALL, *codes.ALL, *profile.ALL)
ALL: Final[tuple[Signal, ...]] = (*setup.ALL, *sessions.ALL, *people.ALL, *codes.ALL, *devices.ALL)

__all__ = [
    "picture_removed",
    "picture_changed",
    "email_verified",
    "email_verification_sent",
    "email_verification_refused",
    "PictureRemoved",
    "PictureChanged",
    "EmailVerified",
    "EmailVerificationSent",
    "EmailVerificationRefused",
    "ALL",
    "DeviceSignInApproved",
    "DeviceSignInExpired",
    "DeviceSignInRefused",
    "DeviceSignInUsed",
    "GroupChanged",
    "GroupCreated",
    "GroupDeleted",
    "IdentifierReleased",
    "LoginCodeCreated",
    "LoginCodeRefused",
    "LoginCodeSent",
    "LoginCodeUsed",
    "LoginCodesPaused",
    "LoginCodesWithdrawn",
    "MemberChanged",
    "MemberCreated",
    "MemberDeleted",
    "MemberDisabled",
    "MemberEnabled",
    "MembershipChanged",
    "OperatorRefused",
    "SessionEnded",
    "SetupCompleted",
    "SetupRefused",
    "SignedIn",
    "SignedOut",
    "device_sign_in_approved",
    "device_sign_in_expired",
    "device_sign_in_refused",
    "device_sign_in_used",
    "group_changed",
    "group_created",
    "group_deleted",
    "identifier_released",
    "login_code_created",
    "login_code_refused",
    "login_code_sent",
    "login_code_used",
    "login_codes_paused",
    "login_codes_withdrawn",
    "member_changed",
    "member_created",
    "member_deleted",
    "member_disabled",
    "member_enabled",
    "membership_changed",
    "operator_refused",
    "session_ended",
    "setup_completed",
    "setup_refused",
    "signed_in",
    "signed_out",
]

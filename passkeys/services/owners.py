"""What devices show of the owner of a passkey."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from webauthn.helpers import bytes_to_base64url

from .. import conf
from .handles import handle_of


def display_name_of(user: AbstractBaseUser) -> str:
    """Return the name to show: what the user model calls the display name or the full name, else the user name."""
    for name in ("get_display_name", "get_full_name"):
        method = getattr(user, name, None)
        told = str(method()) if callable(method) else ""
        if told:
            return told
    return user.get_username()


def owner_details(*, user: AbstractBaseUser | AnonymousUser) -> dict[str, Any] | None:
    """Return what the browser's *current user details* signal takes, or None for who never had a passkey."""
    handle = b"" if isinstance(user, AnonymousUser) else handle_of(user)
    if not handle or isinstance(user, AnonymousUser):
        return None
    return {
        "rpId": conf.rp_id(),
        "userId": bytes_to_base64url(handle),
        "name": user.get_username(),
        "displayName": display_name_of(user),
    }

"""What a passkey is called until its owner renames it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from django.utils.translation import gettext as _

from ..core.providers import find_provider
from ..core.registration import NewCredential

MAX_LENGTH: Final = 64


def suggest_name(credential: NewCredential, *, taken: Collection[str]) -> str:
    """Return the provider's name, else a plain word for the kind of device, with a number where it is taken."""
    base = _describe(credential)[: MAX_LENGTH - 4]
    name, number = base, 2
    while name in taken:
        name, number = f"{base} {number}", number + 1
    return name


def _describe(credential: NewCredential) -> str:
    provider = find_provider(credential.aaguid)
    if provider is not None:
        return provider.name
    if credential.attachment == "platform":
        return _("This device") if not credential.backup_eligible else _("My passkey")
    if "hybrid" in credential.transports:
        return _("Phone or tablet")
    if credential.attachment == "cross-platform":
        return _("Security key")
    return _("My passkey")

"""How stored passkeys are named in options."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from webauthn.helpers import bytes_to_base64url

from ..models import Passkey


def describe(passkeys: Iterable[Passkey]) -> list[dict[str, Any]]:
    """Return ``PublicKeyCredentialDescriptorJSON`` objects, with every transport that the browser once told."""
    return [
        {
            "type": "public-key",
            "id": bytes_to_base64url(bytes(passkey.credential_id)),
            "transports": passkey.transports,
        }
        for passkey in passkeys
    ]

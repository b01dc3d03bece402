"""What registrations and assertions have in common: reading the posted JSON and the client data."""

from __future__ import annotations

import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException

from .refusal import Refused

Result = TypeVar("Result")

MAX_CREDENTIAL_ID: Final = 1023
"""Bytes; WebAuthn L3 §7.1 step 26."""

_ATTACHMENTS: Final = ("platform", "cross-platform")


@dataclass(frozen=True)
class Expected:
    """What the ceremony was begun with. ``origins`` are compared byte for byte."""

    challenge: bytes
    rp_id: str
    origins: tuple[str, ...]
    user_verification: bool


def read_credential_id(credential: Mapping[str, Any]) -> bytes:
    """Return the raw credential id that was posted. Raises ``Refused``: ``malformed``, ``id_too_long``."""
    posted = credential.get("rawId")
    if not isinstance(posted, str):
        raise Refused("malformed", "rawId is missing")
    try:
        credential_id = base64url_to_bytes(posted)
    except (binascii.Error, ValueError) as error:
        raise Refused("malformed", f"rawId: {error}") from error
    if not 1 <= len(credential_id) <= MAX_CREDENTIAL_ID:
        raise Refused("id_too_long", f"the credential id has {len(credential_id)} bytes")
    return credential_id


def tidy(credential: Mapping[str, Any]) -> dict[str, Any]:
    """Return the credential without an attachment that the library does not know.

    WebAuthn L3 §2.1.1 says to ignore unknown values of an enumeration; the library refuses them.
    """
    tidied = dict(credential)
    if tidied.get("authenticatorAttachment") not in _ATTACHMENTS:
        tidied.pop("authenticatorAttachment", None)
    return tidied


def refuse_frames(credential: Mapping[str, Any]) -> None:
    """Raise ``Refused`` (``cross_origin``) when the ceremony ran in a foreign frame (§7.1 steps 10-11).

    Call it after the library has verified the client data, so that the signature covers what is read.
    """
    client_data = json.loads(base64url_to_bytes(credential["response"]["clientDataJSON"]))
    if client_data.get("crossOrigin"):
        raise Refused("cross_origin", "crossOrigin is set")
    if client_data.get("topOrigin") is not None:
        raise Refused("cross_origin", "topOrigin is present")


def guard(verify: Callable[[], Result]) -> Result:
    """Return what ``verify`` returns, and turn whatever it raises into ``Refused``.

    Besides its own exceptions, the library lets ``KeyError``, ``IndexError``, ``TypeError``, ``ValueError`` and
    ``binascii.Error`` through on hostile input, and parsers may add ``RecursionError`` and ``MemoryError``.
    """
    try:
        return verify()
    except Refused:
        raise
    except WebAuthnException as error:
        raise Refused("verification", str(error)) from error
    except Exception as error:
        raise Refused("malformed", f"{type(error).__name__}: {error}") from error

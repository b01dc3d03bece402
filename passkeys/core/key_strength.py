"""Which keys are too weak for a new passkey (NIST SP 800-131A)."""

from __future__ import annotations

from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from webauthn.helpers import decode_credential_public_key, decoded_public_key_to_cryptography

MIN_RSA_BITS: Final = 2048
MIN_RSA_EXPONENT: Final = 65537


def is_weak(key: Any) -> bool:
    """Return whether this is an RSA public key with a short modulus or a small exponent."""
    if not isinstance(key, RSAPublicKey):
        return False
    return key.key_size < MIN_RSA_BITS or key.public_numbers().e < MIN_RSA_EXPONENT


def is_weak_cose(public_key: bytes) -> bool:
    """Return whether a stored COSE_Key is weak. One that can't be read is not: it signs nobody in."""
    try:
        return is_weak(decoded_public_key_to_cryptography(decode_credential_public_key(public_key)))
    except Exception:  # noqa: BLE001  # the library raises many types for damaged keys
        return False

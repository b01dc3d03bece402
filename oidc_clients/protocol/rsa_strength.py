"""Which RSA keys are too weak (NIST SP 800-131A, RFC 8725 §3.2)."""

from __future__ import annotations

from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

MIN_RSA_BITS: Final = 2048
MIN_RSA_EXPONENT: Final = 65537
STRONG_RSA: Final = f"an RSA key needs at least {MIN_RSA_BITS} bits and an exponent of at least {MIN_RSA_EXPONENT}"


def is_weak_rsa(key: Any) -> bool:
    """Return whether this is an RSA public key with a short modulus or a small exponent."""
    if not isinstance(key, RSAPublicKey):
        return False
    return key.key_size < MIN_RSA_BITS or key.public_numbers().e < MIN_RSA_EXPONENT

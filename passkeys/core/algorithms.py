"""Which COSE signature algorithms this installation can verify."""

from __future__ import annotations

from functools import cache
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import mldsa

ES256: Final = -7
EDDSA: Final = -8
RS256: Final = -257
ML_DSA_44: Final = -48
ML_DSA_65: Final = -49
ML_DSA_87: Final = -50

KNOWN: Final = (ML_DSA_44, ML_DSA_65, ML_DSA_87, EDDSA, ES256, RS256)


@cache
def post_quantum_is_supported() -> bool:
    """Return whether the installed cryptography can load ML-DSA keys; older OpenSSL builds cannot."""
    try:
        mldsa.MLDSA44PublicKey.from_public_bytes(bytes(1312))
    except UnsupportedAlgorithm:
        return False
    return True


def supported() -> tuple[int, ...]:
    """Return the known algorithms that work here."""
    if post_quantum_is_supported():
        return KNOWN
    return (EDDSA, ES256, RS256)

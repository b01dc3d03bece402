"""Proof Key for Code Exchange, S256 only (RFC 7636)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import Final

METHOD: Final = "S256"
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9\-._~]{43,128}")


def is_challenge(value: str) -> bool:
    """Return whether this can be the base64url form of a SHA-256 digest (RFC 7636 §4.2)."""
    return bool(_CHALLENGE.fullmatch(value))


def verifier_matches(verifier: str, challenge: str) -> bool:
    """Return whether the verifier is well-formed (§4.1) and its digest is the challenge (§4.6), in constant time."""
    if not _VERIFIER.fullmatch(verifier):
        return False
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode("ascii")).digest()).rstrip(b"=")
    return hmac.compare_digest(digest, challenge.encode("ascii"))

"""Random values that are shown once, and their digests."""

from __future__ import annotations

import hashlib
import secrets


def new_secret() -> str:
    """Return 256 random bits in base64url."""
    return secrets.token_urlsafe(32)


def digest_of(value: str) -> str:
    """Return the SHA-256 of a random value in hex. Random values can't be guessed, so they need no slow hash."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()

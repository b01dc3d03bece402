"""Random values that are shown once, and what is kept of them."""

from __future__ import annotations

import hashlib
import secrets


def new_secret() -> str:
    """A value of 256 random bits, base64url."""
    return secrets.token_urlsafe(32)


def digest_of(value: str) -> str:
    """The SHA-256 of a random value, in hex. Such values need no slow hash: they can't be guessed."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()

"""Signing the JWTs of this provider (RFC 7515, RFC 7519)."""

from __future__ import annotations

import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from ..protocol.metadata import SIGNING_ALGORITHM
from .keys import base64url, signing_key


def sign_claims(claims: dict[str, Any], *, typ: str = "JWT") -> str:
    """A JWT of these claims, signed by the active key. ``typ`` says what it is, so that none passes for another.

    Raises SigningKeyUnreadable.
    """
    key = signing_key()
    header = {"alg": SIGNING_ALGORITHM, "typ": typ, "kid": key.kid}
    signed = ".".join(base64url(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
    return f"{signed}.{base64url(key.private_key.sign(signed.encode('ascii'), PKCS1v15(), SHA256()))}"

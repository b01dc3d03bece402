"""Key pairs as JWKs, for tests that register public keys."""

from __future__ import annotations

from functools import cache
from typing import Any

from jwcrypto.jwk import JWK


@cache
def _pair(kty: str, size: Any) -> JWK:
    if kty == "RSA":
        return JWK.generate(kty="RSA", size=size)
    return JWK.generate(kty=kty, crv=size)


def public_key(kty: str = "EC", size: Any = "P-256", **labels: str) -> dict[str, Any]:
    return {**_pair(kty, size).export_public(as_dict=True), **labels}


def private_key(kty: str = "EC", size: Any = "P-256", **labels: str) -> dict[str, Any]:
    return {**_pair(kty, size).export_private(as_dict=True), **labels}

"""ID tokens (OpenID Connect Core §2, §3.1.3.6)."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from .. import conf
from ..protocol.claims import MemberClaims, released_claims, requested_names
from .granted import Granted
from .keys import base64url
from .signing import sign_claims


def sign_id_token(
    *,
    granted: Granted,
    member: MemberClaims,
    scopes: tuple[str, ...],
    now: datetime,
    nonce: str,
    access_token: str,
) -> str:
    """An ID token for the client, and for nobody else.

    One that comes of a refresh says the same of the sign-in as the first and carries no nonce (§12.2).
    """
    issued_at = int(now.timestamp())
    claims: dict[str, Any] = {
        **released_claims(member, scopes, requested_names(granted.claims, "id_token")),
        "iss": conf.issuer(),
        "aud": granted.client.client_id,
        "azp": granted.client.client_id,
        "iat": issued_at,
        "exp": issued_at + int(conf.id_token_lifetime().total_seconds()),
        "at_hash": base64url(hashlib.sha256(access_token.encode("ascii")).digest()[:16]),
        "acr": granted.acr,
    }
    optional = {
        "nonce": nonce,
        "auth_time": granted.auth_time,
        "amr": list(granted.amr),
        "sid": granted.sid,
    }
    claims.update({name: value for name, value in optional.items() if value})
    return sign_claims(claims)

"""Logout tokens (OpenID Connect Back-Channel Logout §2.4)."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any, Final

from django.utils import timezone

from .. import conf
from .signing import sign_claims

EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"
#: Long enough for clocks that differ a little; a token that is kept for later logs nobody out.
LIFETIME: Final = timedelta(minutes=2)


def sign_logout_token(*, client_id: str, sub: str, sid: str) -> str:
    """A logout token for one client, new at each call. It has no nonce, so that nobody takes it for an ID token."""
    issued_at = int(timezone.now().timestamp())
    claims: dict[str, Any] = {
        "iss": conf.issuer(),
        "aud": client_id,
        "iat": issued_at,
        "exp": issued_at + int(LIFETIME.total_seconds()),
        "jti": str(uuid.uuid4()),
        "sub": sub,
        "events": {EVENT: {}},
    }
    if sid:
        claims["sid"] = sid
    return sign_claims(claims, typ="logout+jwt")

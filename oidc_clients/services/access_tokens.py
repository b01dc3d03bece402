"""Access tokens: random values, or signed ones (RFC 9068) for clients that want them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from .. import conf
from ..models import Client
from ..protocol.claims import MemberClaims, custom_claims
from .digests import new_secret
from .granted import Granted
from .signing import sign_claims


def new_access_token(
    *, granted: Granted, member: MemberClaims, scopes: tuple[str, ...], now: datetime, lifetime: timedelta
) -> str:
    """Return a new access token in the client's format. The caller stores its digest.

    A signed one contains the member's groups if ``groups`` was granted and custom claims if ``profile`` was (RFC 9068
    §2.2.2, §2.2.3), so that an API can decide without calling userinfo.
    """
    if granted.client.access_token_format != Client.AccessTokenFormat.JWT:
        return new_secret()
    issued_at = int(now.timestamp())
    claims: dict[str, Any] = {
        **(custom_claims(member) if "profile" in scopes else {}),
        "iss": conf.issuer(),
        "sub": member.sub,
        "aud": audience_of(granted.resource),
        "client_id": granted.client.client_id,
        "iat": issued_at,
        "exp": issued_at + int(lifetime.total_seconds()),
        "jti": new_secret(),
        "scope": " ".join(scopes),
        "acr": granted.acr,
    }
    optional = {
        "auth_time": granted.auth_time,
        "amr": list(granted.amr),
        "groups": list(member.groups) if "groups" in scopes else None,
    }
    claims.update({name: value for name, value in optional.items() if value is not None})
    return sign_claims(claims, typ="at+jwt")


def audience_of(resource: tuple[str, ...] | list[str]) -> str | list[str]:
    """Return the audience of an access token: the requested resources, else this provider (RFC 9068 §3)."""
    return list(resource) if len(resource) > 1 else (resource[0] if resource else conf.issuer())

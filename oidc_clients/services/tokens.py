"""Making tokens: opaque access and refresh tokens, signed ID tokens (OpenID Connect Core §2, §3.1.3.6)."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from .. import adapters, conf
from ..models import AccessToken, Client, ClientSession, RefreshToken
from ..protocol.claims import released_claims
from .digests import digest_of, new_secret
from .keys import base64url, signing_key


@dataclass(frozen=True, slots=True)
class Granted:
    """What a grant stands for, carried from the code to every token that comes of it."""

    user: Any
    client: Client
    scopes: tuple[str, ...]
    token_family: uuid.UUID
    by_consent: bool
    auth_time: int | None
    acr: str
    amr: tuple[str, ...]
    sid: str
    client_session: ClientSession | None
    claims: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """The body of a successful token response (RFC 6749 §5.1)."""

    body: dict[str, Any] = field(repr=False)


def issue_tokens(
    *,
    granted: Granted,
    scopes: tuple[str, ...],
    now: datetime,
    nonce: str = "",
    source: RefreshToken | None = None,
) -> TokenAnswer:
    """Insert an access token and, where the client has them, a refresh token; return the answer with both and the ID token.

    ``scopes`` are those of this answer, ``granted.scopes`` those that a later refresh may ask for again. Called inside a
    transaction.
    """
    access_token, lifetime = new_secret(), conf.access_token_lifetime()
    row = AccessToken(
        token="",
        token_checksum=digest_of(access_token),
        user=granted.user,
        application=granted.client,
        scope=" ".join(scopes),
        expires=now + lifetime,
        token_family=granted.token_family,
        source_refresh_token=source,
        sid=granted.sid,
        client_session=granted.client_session,
        claims=granted.claims,
    )
    row.save(force_insert=True)
    body: dict[str, Any] = {
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": int(lifetime.total_seconds()),
        "scope": " ".join(scopes),
    }
    if granted.client.issues_refresh_tokens:
        body["refresh_token"] = _insert_refresh_token(granted, row, source, now)
    if "openid" in scopes:
        body["id_token"] = sign_id_token(
            granted=granted, scopes=scopes, now=now, nonce=nonce, access_token=access_token
        )
    return TokenAnswer(body)


def _insert_refresh_token(granted: Granted, access: AccessToken, source: RefreshToken | None, now: datetime) -> str:
    refresh_token = new_secret()
    ends_at = source.expires_at if source is not None else now + conf.refresh_token_absolute()
    RefreshToken(
        token="",
        token_checksum=digest_of(refresh_token),
        token_family=granted.token_family,
        user=granted.user,
        application=granted.client,
        access_token=access,
        scope=" ".join(granted.scopes),
        idle_expires_at=min(now + conf.refresh_token_idle(), ends_at),
        expires_at=ends_at,
        by_consent=granted.by_consent,
        auth_time=granted.auth_time,
        acr=granted.acr,
        amr=list(granted.amr),
        sid=granted.sid,
        client_session=granted.client_session,
        claims=granted.claims,
    ).save(force_insert=True)
    return refresh_token


def sign_id_token(*, granted: Granted, scopes: tuple[str, ...], now: datetime, nonce: str, access_token: str) -> str:
    """An RS256 ID token for the client, and for nobody else."""
    issued_at = int(now.timestamp())
    member = adapters.get_claims()(granted.user, scopes=frozenset(scopes))
    claims: dict[str, Any] = {
        **released_claims(member, scopes),
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


def sign_claims(claims: dict[str, Any], *, typ: str = "JWT") -> str:
    """A JWT of these claims, signed by the active key. Raises SigningKeyUnreadable."""
    key = signing_key()
    header = {"alg": "RS256", "typ": typ, "kid": key.kid}
    signed = ".".join(base64url(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
    return f"{signed}.{base64url(key.private_key.sign(signed.encode('ascii'), PKCS1v15(), SHA256()))}"

"""Making tokens: access tokens opaque or signed (RFC 9068), opaque refresh tokens, signed ID tokens.

Making and storing are two steps, so that a refresh can keep its whole answer in the one update that decides.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ..models import AccessToken, Client, RefreshToken
from ..protocol.claims import MemberClaims, narrowed_claims, requested_names, scopes_to_load
from .access_tokens import new_access_token
from .digests import digest_of, new_secret
from .granted import Granted
from .id_tokens import sign_id_token
from .lifetimes import access_token_lifetime, refresh_token_absolute, refresh_token_idle
from .member_claims import claims_of_member


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """The body of a successful token response (RFC 6749 §5.1)."""

    body: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class PreparedTokens:
    """An answer, and the rows without which it is worth nothing."""

    answer: TokenAnswer
    access: AccessToken
    refresh: RefreshToken | None


def issue_tokens(
    *,
    granted: Granted,
    scopes: tuple[str, ...],
    now: datetime,
    nonce: str = "",
) -> TokenAnswer:
    """Insert an access token and, where the client has them, a refresh token; return the answer with both and the ID token.

    ``scopes`` are those of this answer, ``granted.scopes`` those that a later refresh may ask for again. Called inside a
    transaction.
    """
    prepared = prepare_tokens(granted=granted, scopes=scopes, now=now, nonce=nonce)
    store_tokens(prepared)
    return prepared.answer


def prepare_tokens(
    *,
    granted: Granted,
    scopes: tuple[str, ...],
    now: datetime,
    nonce: str = "",
    source: RefreshToken | None = None,
) -> PreparedTokens:
    """What ``issue_tokens`` answers, before anything is written."""
    # A refresh for fewer scopes opens less by name too; the next one may ask for all of it again.
    opened = replace(granted, claims=narrowed_claims(granted.claims, set(granted.scopes) - set(scopes)))
    lifetime, member = access_token_lifetime(granted.client), _member_of(opened, scopes)
    value = new_access_token(granted=opened, member=member, scopes=scopes, now=now, lifetime=lifetime)
    access = AccessToken(
        token="",
        token_checksum=digest_of(value),
        user=granted.user,
        application=granted.client,
        scope=" ".join(scopes),
        expires=now + lifetime,
        token_family=granted.token_family,
        source_refresh_token=source,
        by_consent=granted.by_consent,
        sid=granted.sid,
        client_session=granted.client_session,
        claims=opened.claims,
        resource=list(granted.resource),
    )
    body: dict[str, Any] = {
        "access_token": value,
        "token_type": "Bearer",
        "expires_in": int(lifetime.total_seconds()),
        "scope": " ".join(scopes),
    }
    refresh = None
    if granted.client.issues_refresh_tokens:
        body["refresh_token"], refresh = _new_refresh_token(granted, access, source, now)
    if "openid" in scopes:
        body["id_token"] = sign_id_token(
            granted=opened, member=member, scopes=scopes, now=now, nonce=nonce, access_token=value
        )
    return PreparedTokens(TokenAnswer(body), access, refresh)


def store_tokens(prepared: PreparedTokens) -> None:
    """Insert the rows. Called inside the transaction whose update decided."""
    prepared.access.save(force_insert=True)
    if prepared.refresh is not None:
        prepared.refresh.save(force_insert=True)


def _member_of(granted: Granted, scopes: tuple[str, ...]) -> MemberClaims:
    requested = requested_names(granted.claims, "id_token") if "openid" in scopes else frozenset[str]()
    if "openid" in scopes:
        needed = frozenset(scopes)
    elif granted.client.access_token_format == Client.AccessTokenFormat.JWT:
        # Without an ID token, only a signed access token says anything: the groups and, with profile, the custom claims.
        needed = frozenset(scopes) & {"groups", "profile"}
    else:
        needed = frozenset()
    return claims_of_member(granted.user, scopes=scopes_to_load(needed, requested))


def _new_refresh_token(
    granted: Granted, access: AccessToken, source: RefreshToken | None, now: datetime
) -> tuple[str, RefreshToken]:
    value = new_secret()
    ends_at = source.expires_at if source is not None else now + refresh_token_absolute(granted.client)
    row = RefreshToken(
        token="",
        token_checksum=digest_of(value),
        token_family=granted.token_family,
        user=granted.user,
        application=granted.client,
        access_token=access,
        scope=" ".join(granted.scopes),
        idle_expires_at=min(now + refresh_token_idle(granted.client), ends_at),
        expires_at=ends_at,
        by_consent=granted.by_consent,
        auth_time=granted.auth_time,
        acr=granted.acr,
        amr=list(granted.amr),
        sid=granted.sid,
        client_session=granted.client_session,
        claims=granted.claims,
        resource=list(granted.resource),
    )
    return value, row

"""What a token is, told to the client that it was given to (RFC 7662)."""

from __future__ import annotations

from typing import Any, Final

from django.utils import timezone

from .. import adapters, conf
from ..protocol.client_authentication import Credentials
from ..protocol.errors import InvalidClient
from ..protocol.token.standing import what_was_lost
from .access_tokens import audience_of
from .grant_state import standing_of
from .presented_tokens import Presented, find_presented

# Nothing more: why a token is inactive, or that it is another client's, is nobody's business (RFC 7662 §2.2).
INACTIVE: Final = {"active": False}


def introspect(*, credentials: Credentials, token: str) -> dict[str, Any]:
    """The answer about a token. Raises InvalidClient, for a public client too."""
    presented = find_presented(credentials=credentials, token=token)
    if presented.client.is_public:
        raise InvalidClient("Only clients with a secret or a key may introspect.", reason="public_client")
    if presented.access is not None:
        return _access(presented, presented.access)
    if presented.refresh is not None:
        return _refresh(presented, presented.refresh)
    return dict(INACTIVE)


def _access(presented: Presented, token: Any) -> dict[str, Any]:
    is_over = token.revoked is not None or token.expires <= timezone.now()
    scopes = (presented.row.family_scope or token.scope).split()
    if is_over or not _stands(presented, token, scopes, "access_"):
        return dict(INACTIVE)
    return {
        **_answer(presented, token),
        "token_type": "Bearer",
        "exp": int(token.expires.timestamp()),
        "aud": audience_of(token.resource),
    }


def _refresh(presented: Presented, token: Any) -> dict[str, Any]:
    ends_at = min(token.idle_expires_at, token.expires_at)
    is_over = token.revoked is not None or token.rotated_at is not None or ends_at <= timezone.now()
    if is_over or not _stands(presented, token, token.scope.split(), "refresh_"):
        return dict(INACTIVE)
    return {**_answer(presented, token), "exp": int(ends_at.timestamp())}


def _stands(presented: Presented, token: Any, scopes: list[str], prefix: str) -> bool:
    if token.user is None:
        return False
    standing = standing_of(
        presented.row,
        user=token.user,
        client=presented.client,
        client_session=token.client_session,
        scopes=scopes,
        by_consent=token.by_consent,
        prefix=prefix,
    )
    return what_was_lost(standing) is None


def _answer(presented: Presented, token: Any) -> dict[str, Any]:
    # No scope is asked for, so that the member's name for clients is made without loading anything.
    member = adapters.get_claims()(token.user, scopes=frozenset())
    return {
        "active": True,
        "client_id": presented.client.client_id,
        "scope": token.scope,
        "sub": member.sub,
        "iss": conf.issuer(),
        "iat": int(token.created.timestamp()),
    }

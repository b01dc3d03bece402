"""What an access token opens (OpenID Connect Core §5.3)."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from django.utils import timezone

from .. import conf
from ..models import AccessToken
from ..protocol.claims import released_claims, requested_names, scopes_to_load
from ..protocol.errors import InsufficientScope, InvalidToken
from ..protocol.token.standing import what_was_lost
from .digests import digest_of
from .grant_state import standing_annotations, standing_of
from .member_claims import claims_of_member


def userinfo_of(*, access_token: str) -> dict[str, Any]:
    """The claims of the token's member, by the token's scopes. Raises InvalidToken or InsufficientScope."""
    token = _find(access_token)
    if token is None or token.revoked is not None or token.expires <= timezone.now():
        raise InvalidToken(reason="unknown_expired_or_revoked")
    if token.user is None or token.application is None:
        raise InvalidToken(reason="no_member")
    standing = standing_of(
        token,
        user=token.user,
        client=token.application,
        client_session=token.client_session,
        scopes=(token.family_scope or token.scope).split(),
        by_consent=token.by_consent,
    )
    if lost := what_was_lost(standing):
        raise InvalidToken(reason=lost.reason, user=str(token.user_id))
    if token.resource and conf.issuer() not in token.resource:
        raise InvalidToken("The access token is for somebody else.", reason="wrong_audience")
    scopes = frozenset(token.scope.split())
    if "openid" not in scopes:
        raise InsufficientScope
    requested = requested_names(token.claims, "userinfo")
    member = claims_of_member(token.user, scopes=scopes_to_load(scopes, requested))
    return released_claims(member, scopes, requested)


def _find(access_token: str) -> Any:
    """The token's row with all that decides about it, in one statement."""
    return (
        AccessToken.objects.filter(token_checksum=digest_of(access_token))
        .select_related("user", "application", "client_session")
        # One refreshed for fewer scopes belongs to a grant of more.
        .annotate(family_scope=F("refresh_token__scope"), **standing_annotations())
        .first()
    )

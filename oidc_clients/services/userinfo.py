"""What an access token opens (OpenID Connect Core §5.3)."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from .. import adapters
from ..models import AccessToken
from ..protocol.claims import released_claims
from ..protocol.errors import InsufficientScope, InvalidToken
from .access import may_use_client
from .digests import digest_of


def userinfo_of(*, access_token: str) -> dict[str, Any]:
    """The claims of the token's member, by the token's scopes. Raises InvalidToken or InsufficientScope."""
    token = (
        AccessToken.objects.filter(token_checksum=digest_of(access_token)).select_related("user", "application").first()
    )
    if token is None or token.revoked is not None or token.expires <= timezone.now():
        raise InvalidToken(reason="unknown_expired_or_revoked")
    if token.user is None or token.application is None:
        raise InvalidToken(reason="no_member")
    if not may_use_client(user=token.user, client=token.application):
        raise InvalidToken(reason="access_lost")
    scopes = frozenset(token.scope.split())
    if "openid" not in scopes:
        raise InsufficientScope
    return released_claims(adapters.get_claims()(token.user, scopes=scopes), scopes)

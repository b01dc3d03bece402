"""A client that gives a token back (RFC 7009)."""

from __future__ import annotations

from django.db import transaction

from ..models import RefreshToken
from ..protocol.client_authentication import Credentials
from ..signals import TokenRevoked, token_revoked
from .access import revoke_family
from .presented_tokens import find_presented


def revoke_token(*, credentials: Credentials, token: str) -> bool:
    """Whether a live token of the client was ended just now. Raises InvalidClient.

    Either kind ends its whole family, the refresh token and every access token that came of it: a client that gives an
    access token back is done, and what it could be made anew from must not stay behind (RFC 7009 §2.1 leaves that open).
    A token that is unknown, or another client's, changes nothing.
    """
    presented = find_presented(credentials=credentials, token=token)
    found = presented.access or presented.refresh
    if found is None or found.revoked is not None:
        return False
    with transaction.atomic():
        revoke_family(token_family=found.token_family)
        token_revoked.send(
            sender=RefreshToken,
            event=TokenRevoked(
                user=None if found.user_id is None else str(found.user_id),
                client=presented.client.client_id,
                client_name=presented.client.name,
                token_type="access_token" if presented.access is not None else "refresh_token",
            ),
        )
    return True

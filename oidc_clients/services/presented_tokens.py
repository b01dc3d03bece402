"""A client's own token that it presents for introspection or revocation, found along with the client itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import F, FilteredRelation, Q

from ..models import AccessToken, Client, RefreshToken
from ..protocol.client_authentication import Credentials
from .client_authentication import authenticated, clients_with_secrets
from .digests import digest_of
from .grant_state import standing_annotations


@dataclass(frozen=True, slots=True)
class Presented:
    """The authenticated client, and the token if it is one of its own. ``row`` carries the annotations of both."""

    client: Client
    access: AccessToken | None
    refresh: RefreshToken | None
    row: Any


def find_presented(*, credentials: Credentials, token: str) -> Presented:
    """The client and its token, in one statement; a hint of the token's kind is not needed. Raises InvalidClient.

    The token is joined to the client that the credentials name, so that another client's is never even read.
    """
    digest = digest_of(token)
    rows = list(
        clients_with_secrets(credentials)
        .annotate(
            own_access=FilteredRelation("accesstoken", condition=Q(accesstoken__token_checksum=digest)),
            own_refresh=FilteredRelation("refreshtoken", condition=Q(refreshtoken__token_checksum=digest)),
        )
        .select_related("stored_secret", *_RELATED)
        .annotate(
            family_scope=F("own_access__refresh_token__scope"),
            **standing_annotations(user="own_access__user", client="pk", prefix="access_"),
            **standing_annotations(user="own_refresh__user", client="pk", prefix="refresh_"),
        )
    )
    client = authenticated(rows, credentials)
    # A relation that joined nothing leaves no attribute.
    return Presented(client, getattr(rows[0], "own_access", None), getattr(rows[0], "own_refresh", None), rows[0])


_RELATED = (
    "own_access__user",
    "own_access__client_session",
    "own_refresh__user",
    "own_refresh__client_session",
)

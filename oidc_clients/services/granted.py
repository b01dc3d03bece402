"""What a grant stands for, whichever grant it was."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from ..models import Client, ClientSession, Grant, RefreshToken


@dataclass(frozen=True, slots=True)
class Granted:
    """What a grant stands for, carried from the code to every token that comes of it.

    ``claims`` is the request's ``claims`` parameter, ``resource`` what the access tokens are for (RFC 8707); without
    one they are for this provider.
    """

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
    resource: tuple[str, ...] = ()


def granted_by(row: Grant | RefreshToken, client: Client) -> Granted:
    """What a code or a refresh token stands for. ``row`` comes with its member and its client session."""
    return Granted(
        user=row.user,
        client=client,
        scopes=tuple(row.scope.split()),
        token_family=row.token_family,
        by_consent=row.by_consent,
        auth_time=row.auth_time,
        acr=row.acr,
        amr=tuple(row.amr),
        sid=row.sid,
        client_session=row.client_session,
        claims=row.claims,
        resource=tuple(row.resource),
    )

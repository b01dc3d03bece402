"""What a grant stands for, whichever grant it was."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from ..models import Client, ClientSession


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

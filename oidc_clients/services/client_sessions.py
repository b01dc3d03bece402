"""Members' sign-ins at clients: what ``sid`` names (OpenID Connect Core §2, Back-Channel Logout §2.1)."""

from __future__ import annotations

import uuid
from typing import Any, Final

from django.utils import timezone

from ..models import Client, ClientSession

_NAMESPACE: Final = uuid.UUID("6f1f4d5e-8f0a-5b43-9d4b-3a51f0f2c9d1")


def open_client_session(
    *, user: Any, client: Client, sid: str, kind: str = ClientSession.Kind.BROWSER
) -> ClientSession:
    """The member's session at this client, begun or gone on with, in one statement.

    Its id follows from member, client and sid, so that the upsert need not be read back. Called inside the transaction
    that gives the client a code or tokens.
    """
    now = timezone.now()
    session = ClientSession(
        id=uuid.uuid5(_NAMESPACE, f"{client.pk}:{user.pk}:{sid}"),
        user=user,
        client=client,
        sid=sid,
        kind=kind,
        started_at=now,
        authorized_at=now,
    )
    ClientSession.objects.bulk_create(
        [session],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["authorized_at", "signed_out_at", "ended_at"],
    )
    return session

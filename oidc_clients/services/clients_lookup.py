"""Clients as the pipelines see them."""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, Subquery

from ..models import Client, Consent
from ..protocol.authorization import ClientState


def find_client(client_id: str | None) -> Client | None:
    """The client of this id, or None."""
    if not _is_client_id(client_id):
        return None
    client: Client | None = Client.objects.filter(client_id=client_id).first()
    return client


def find_client_and_consent(client_id: str | None, *, user: Any) -> tuple[Client | None, frozenset[str] | None]:
    """The client of this id and what the member agreed to there, None for nothing: one statement for both."""
    if not _is_client_id(client_id):
        return None, None
    consent = Consent.objects.filter(user=user, client=OuterRef("pk")).values("scopes")[:1]
    client: Client | None = Client.objects.filter(client_id=client_id).annotate(consented=Subquery(consent)).first()
    consented = None if client is None else client.consented
    return client, None if consented is None else frozenset(consented)


def _is_client_id(client_id: str | None) -> bool:
    # No id is longer, and a NUL never reaches PostgreSQL, which refuses it.
    return bool(client_id) and client_id is not None and len(client_id) <= 128 and "\x00" not in client_id


def state_of(client: Client) -> ClientState:
    """The client as a frozen value."""
    return ClientState(
        pk=client.pk,
        client_id=client.client_id,
        name=client.name,
        redirect_uris=tuple(client.redirect_uris),
        is_public=client.is_public,
        pkce_required=client.pkce_required,
        requires_fresh_passkey=client.requires_fresh_passkey,
        skips_consent=client.skip_authorization,
        issues_refresh_tokens=client.issues_refresh_tokens,
        requires_par=client.requires_par,
    )

"""Clients as the pipelines see them."""

from __future__ import annotations

from ..models import Client
from ..protocol.authorization import ClientState


def find_client(client_id: str | None) -> Client | None:
    """The client of this id, or None."""
    # No id is longer, and a NUL never reaches PostgreSQL, which refuses it.
    if not client_id or len(client_id) > 128 or "\x00" in client_id:
        return None
    found: Client | None = Client.objects.filter(client_id=client_id).first()
    return found


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
    )

"""Clients in the form that the pipelines take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Subquery

from .. import adapters
from ..models import Client, Consent
from ..protocol.authorization import ClientState


def find_client(client_id: str | None) -> Client | None:
    """Return the client with this ID, or None."""
    if not client_id or not is_client_id(client_id):
        return None
    client: Client | None = Client.objects.filter(client_id=client_id).first()
    return client


@dataclass(frozen=True, slots=True)
class Standing:
    """A member's relation to a client.

    ``consented`` is None without consent, ``is_in_groups`` if the site's adapter decides.
    """

    consented: frozenset[str] | None
    is_in_groups: bool | None


def find_client_for(client_id: str | None, *, user: Any) -> tuple[Client, Standing] | None:
    """Return the client with this ID and the member's relation to it, in one statement, or None for an unknown client."""
    if not client_id or not is_client_id(client_id):
        return None
    consent = Consent.objects.filter(user=user, client=OuterRef("pk")).values("scopes")[:1]
    extra: dict[str, Any] = {"consented": Subquery(consent)}
    if adapters.has_default_access():
        opened_to = Client.allowed_groups.through.objects.filter(client_id=OuterRef(OuterRef("pk"))).values("group_id")
        extra["is_in_groups"] = Exists(user.groups.filter(pk__in=opened_to))
    client: Any = Client.objects.filter(client_id=client_id).annotate(**extra).first()
    if client is None:
        return None
    consented = None if client.consented is None else frozenset(client.consented)
    return client, Standing(consented, getattr(client, "is_in_groups", None))


def is_client_id(value: str) -> bool:
    """Return whether this can be a client ID. PostgreSQL rejects NUL and half of a surrogate pair."""
    return 0 < len(value) <= 128 and value.isprintable()


def state_of(client: Client) -> ClientState:
    """Return the client's settings as a frozen value."""
    return ClientState(
        is_public=client.is_public,
        pkce_required=client.pkce_required,
        requires_fresh_passkey=client.requires_fresh_passkey,
        skips_consent=client.skip_authorization,
        requires_par=client.requires_par,
    )

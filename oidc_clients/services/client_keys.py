"""Clients' public keys: registered as they are, or fetched from their ``jwks_uri`` and kept for a while."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any, Final

from django.utils import timezone

from ..exceptions import OutboundError
from ..models import Client, ClientKeySet
from ..outbound import fetch_json
from ..protocol.client_assertion import public_members

logger = logging.getLogger(__name__)

KEPT_FOR: Final = timedelta(minutes=5)
# An assertion may name any key; a stranger's must not make this provider ask a client's server at will.
ASKED_AGAIN_AFTER: Final = timedelta(minutes=1)
MAX_KEYS: Final = 100


def keys_of(client: Client) -> list[Any]:
    """The client's public JWKs, as they are registered or were fetched within the last five minutes."""
    if not client.jwks_uri:
        return _listed(client.jwks)
    kept = _kept(client)
    if kept is None:
        return _fetch(client, kept)
    return _fetch(client, kept) if _take_turn(kept, KEPT_FOR) else _listed(kept.keys)


def newer_keys_of(client: Client) -> list[Any] | None:
    """The keys fetched anew, or None when there is nowhere to fetch them from or it was done within the last minute."""
    kept = _kept(client) if client.jwks_uri else None
    return _fetch(client, kept) if kept is not None and _take_turn(kept, ASKED_AGAIN_AFTER) else None


def _kept(client: Client) -> ClientKeySet | None:
    return ClientKeySet.objects.filter(client=client, uri=client.jwks_uri).first()


def _take_turn(kept: ClientKeySet, age: timedelta) -> bool:
    """Whether the set is older than this and this caller is the one who fetches it."""
    now = timezone.now()
    if kept.fetched_at > now - age:
        return False
    old = ClientKeySet.objects.filter(pk=kept.pk, uri=kept.uri, fetched_at=kept.fetched_at)
    return bool(old.update(fetched_at=now))


def _fetch(client: Client, kept: ClientKeySet | None) -> list[Any]:
    """The keys of the client's server; those kept when it doesn't answer, which is asked about again in a minute."""
    try:
        found = _listed(fetch_json(client.jwks_uri, allow_private=client.is_on_own_network))
    except OutboundError as error:
        logger.warning("The keys of client %s can't be fetched: %s", client.client_id, error.message)
        found = [] if kept is None else _listed(kept.keys)
    row = ClientKeySet(client=client, uri=client.jwks_uri, keys=found, fetched_at=timezone.now())
    ClientKeySet.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["client"], update_fields=["uri", "keys", "fetched_at"]
    )
    return found


def _listed(document: Any) -> list[Any]:
    """The keys of a JWK set (RFC 7517 §5), whatever else it is."""
    keys = document.get("keys") if isinstance(document, dict) else document
    if not isinstance(keys, list):
        return []
    return [public_members(key) for key in keys[:MAX_KEYS] if isinstance(key, dict)]

"""Clients' public keys: registered, or fetched from their ``jwks_uri`` and cached for a while."""

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
# An assertion can name any key. A stranger's must not trigger unlimited requests to a client's server.
ASKED_AGAIN_AFTER: Final = timedelta(minutes=1)
MAX_KEYS: Final = 100


def keys_of(client: Client) -> list[Any]:
    """Return the client's public JWKs, registered or fetched within the last five minutes."""
    if not client.jwks_uri:
        return _listed(client.jwks)
    kept = _kept(client)
    if kept is None:
        return _fetch(client, kept)
    return _fetch(client, kept) if _take_turn(kept, KEPT_FOR) else _listed(kept.keys)


def newer_keys_of(client: Client) -> list[Any] | None:
    """Fetch the keys again. Return None if there is no URL or they were fetched within the last minute."""
    kept = _kept(client) if client.jwks_uri else None
    return _fetch(client, kept) if kept is not None and _take_turn(kept, ASKED_AGAIN_AFTER) else None


def _kept(client: Client) -> ClientKeySet | None:
    return ClientKeySet.objects.filter(client=client, uri=client.jwks_uri).first()


def _take_turn(kept: ClientKeySet, age: timedelta) -> bool:
    """Return whether the set is older than this and this caller may fetch it."""
    now = timezone.now()
    if kept.fetched_at > now - age:
        return False
    old = ClientKeySet.objects.filter(pk=kept.pk, uri=kept.uri, fetched_at=kept.fetched_at)
    return bool(old.update(fetched_at=now))


def _fetch(client: Client, kept: ClientKeySet | None) -> list[Any]:
    """Return the keys on the client's server, or the cached ones if it doesn't answer; it is asked again after a minute."""
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
    """Return the keys of a JWK set (RFC 7517 §5), ignoring other members."""
    keys = document.get("keys") if isinstance(document, dict) else document
    if not isinstance(keys, list):
        return []
    return [public_members(key) for key in keys[:MAX_KEYS] if isinstance(key, dict)]

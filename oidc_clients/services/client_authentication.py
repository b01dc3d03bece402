"""Whether a client is who it says it is."""

from __future__ import annotations

import hmac
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from ..models import Client, ClientSecret
from ..protocol.client_authentication import Credentials
from ..protocol.errors import InvalidClient
from .clients_lookup import find_client
from .digests import digest_of

USE_NOTED_EVERY = timedelta(minutes=1)


def authenticate_client(*, credentials: Credentials) -> Client:
    """The client whose credentials these are; raises InvalidClient. Nothing of the client's is consumed either way."""
    client = find_client(credentials.client_id)
    if client is None:
        raise InvalidClient(reason="unknown_client")
    if credentials.method == "none":
        if not client.is_public:
            raise InvalidClient(reason="missing_secret")
        return client
    _note_use(_matching_secret(client, credentials))
    return client


def _matching_secret(client: Client, credentials: Credentials) -> ClientSecret:
    presented = [digest_of(secret) for secret in credentials.secrets]
    matching: ClientSecret | None = None
    # Every secret is compared, so that the time tells nothing about which one fits.
    for secret in client.secrets.all():
        fits = any([hmac.compare_digest(digest, secret.digest) for digest in presented])  # noqa: C419  # a generator would stop at the first
        if fits and (secret.expires_at is None or secret.expires_at > timezone.now()):
            matching = secret
    if matching is None:
        raise InvalidClient(reason="wrong_or_expired_secret")
    return matching


def _note_use(secret: ClientSecret) -> None:
    now = timezone.now()
    if secret.last_used_at is None or secret.last_used_at <= now - USE_NOTED_EVERY:
        unnoted = Q(last_used_at=None) | Q(last_used_at__lte=now - USE_NOTED_EVERY)
        ClientSecret.objects.filter(unnoted, pk=secret.pk).update(last_used_at=now)

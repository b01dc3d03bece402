"""Client authentication."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import timedelta

from django.db.models import FilteredRelation, Q, QuerySet
from django.utils import timezone

from ..models import Client, ClientSecret
from ..protocol.client_authentication import Credentials
from ..protocol.errors import InvalidClient
from .client_assertions import accept_assertion
from .clients_lookup import is_client_id
from .digests import digest_of

USE_NOTED_EVERY = timedelta(minutes=1)


def authenticate_client(*, credentials: Credentials) -> Client:
    """Return the client with these credentials. Nothing is used up.

    :raises InvalidClient: the credentials are wrong.
    """
    return authenticated(clients_with_secrets(credentials), credentials)


def clients_with_secrets(credentials: Credentials) -> QuerySet[Client]:
    """Return the client that the credentials name, once for each of its secrets, with the secret in ``stored_secret``."""
    # Malformed IDs aren't queried, because PostgreSQL rejects some characters.
    named = credentials.client_id if is_client_id(credentials.client_id) else ""
    found: QuerySet[Client] = (
        Client.objects.filter(client_id=named)
        .annotate(stored_secret=FilteredRelation("secrets"))
        .select_related("stored_secret")
    )
    return found


def authenticated(rows: Sequence[Client] | QuerySet[Client], credentials: Credentials) -> Client:
    """Return the client in these rows of ``clients_with_secrets`` if it is authenticated.

    :raises InvalidClient: it is not.
    """
    clients = list(rows)
    if not clients:
        raise InvalidClient(reason="unknown_client")
    client = clients[0]
    _check_method(client, credentials)
    if credentials.method == "private_key_jwt":
        accept_assertion(client=client, assertion=credentials.assertion, endpoint=credentials.endpoint)
    elif credentials.method != "none":
        # A client without secrets has one row, without this attribute.
        secrets = [row.stored_secret for row in clients if hasattr(row, "stored_secret")]
        _note_use(_matching_secret(secrets, credentials))
    return client


def _check_method(client: Client, credentials: Credentials) -> None:
    if credentials.method == "none":
        if not client.is_public:
            raise InvalidClient(reason="missing_secret")
        return
    if client.is_public and credentials.method == "private_key_jwt":
        raise InvalidClient("This client is public and has no keys.", reason="public_client")
    # Without a chosen method, the client may use any that it has credentials for.
    if client.authentication_method not in ("", credentials.method):
        raise InvalidClient(
            f"This client is registered for {client.authentication_method}.", reason="wrong_authentication_method"
        )


def _matching_secret(secrets: Sequence[ClientSecret], credentials: Credentials) -> ClientSecret:
    presented = [digest_of(secret) for secret in credentials.secrets]
    matching: ClientSecret | None = None
    # Every secret is compared, so that the time doesn't reveal which one fits.
    for secret in secrets:
        fits = [hmac.compare_digest(digest, secret.digest) for digest in presented]
        if any(fits) and (secret.expires_at is None or secret.expires_at > timezone.now()):
            matching = secret
    if matching is None:
        raise InvalidClient(reason="wrong_or_expired_secret")
    return matching


def _note_use(secret: ClientSecret) -> None:
    now = timezone.now()
    if secret.last_used_at is None or secret.last_used_at <= now - USE_NOTED_EVERY:
        unnoted = Q(last_used_at=None) | Q(last_used_at__lte=now - USE_NOTED_EVERY)
        ClientSecret.objects.filter(unnoted, pk=secret.pk).update(last_used_at=now)

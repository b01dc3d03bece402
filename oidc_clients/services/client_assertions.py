"""Accepting a client's signed assertion once (RFC 7523 §3)."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from ..models import Client, ClientAssertion
from ..protocol.client_assertion import AcceptedAssertion, UnknownKey, verify_assertion
from ..protocol.errors import InvalidClient
from .client_keys import keys_of, newer_keys_of
from .digests import digest_of
from .endpoints import assertion_audiences


def accept_assertion(*, client: Client, assertion: str, endpoint: str) -> None:
    """Check that this client signed the assertion and that it wasn't used before.

    :param endpoint: the URL name of the endpoint that received it.
    :raises InvalidClient: the assertion is invalid or was used.
    """
    try:
        accepted = _verify(client, assertion, keys_of(client), endpoint)
    except UnknownKey:
        newer = newer_keys_of(client)
        if newer is None:
            raise
        accepted = _verify(client, assertion, newer, endpoint)
    # Stored only now: a stranger's assertion must not use up a jti or fill the table.
    used = ClientAssertion(
        client=client,
        jti_digest=digest_of(accepted.jti),
        expires_at=datetime.fromtimestamp(accepted.expires_at, UTC),
    )
    try:
        with transaction.atomic():
            used.save(force_insert=True)
    except IntegrityError as error:
        raise InvalidClient("The client assertion was used before.", reason="assertion_replayed") from error


def _verify(client: Client, assertion: str, keys: list[object], endpoint: str) -> AcceptedAssertion:
    return verify_assertion(
        assertion,
        keys=keys,
        client_id=client.client_id,
        audiences=assertion_audiences(endpoint),
        now=timezone.now().timestamp(),
    )

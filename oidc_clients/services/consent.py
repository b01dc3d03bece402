"""Consent of members to clients."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction

from ..models import Client, Consent
from ..signals import ConsentGiven, consent_given


def consent_of(*, user: Any, client: Client) -> frozenset[str] | None:
    """Return what the member agreed to at this client: scopes, and ``claim:<name>`` for single claims.

    None without consent.
    """
    scopes = Consent.objects.filter(user=user, client=client).values_list("scopes", flat=True).first()
    return None if scopes is None else frozenset(scopes)


def give_consent(*, user: Any, client: Client, scopes: tuple[str, ...]) -> Consent:
    """Extend the member's consent to this client. Called inside the transaction that answers the request."""
    # Locked until the end, or one of two tabs that extend it at once would undo the other.
    held = Consent.objects.select_for_update().filter(user=user, client=client)
    consent = held.first()
    if consent is None:
        try:
            with transaction.atomic():
                consent = Consent.objects.create(user=user, client=client, scopes=list(scopes))
        except IntegrityError:
            # Another tab was first.
            consent = held.get()
    wider = [*consent.scopes, *(scope for scope in scopes if scope not in consent.scopes)]
    if wider != consent.scopes:
        consent.scopes = wider
        consent.save(update_fields=("scopes",))
    consent_given.send(
        sender=Consent,
        event=ConsentGiven(user=str(user.pk), client=client.client_id, client_name=client.name, scopes=tuple(scopes)),
    )
    return consent

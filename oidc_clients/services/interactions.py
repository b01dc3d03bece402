"""Valid authorization requests that wait for a person: one row each, bound to one browser, answered once."""

from __future__ import annotations

import hmac
import uuid
from datetime import UTC, datetime

from django.utils import timezone

from .. import conf
from ..exceptions import InteractionUnusable
from ..models import Client, Interaction
from ..protocol.authorization import AuthorizationRequest
from .authorization_requests import DENIED_TO, kept_of
from .digests import digest_of, new_secret


def begin_interaction(*, client: Client, request: AuthorizationRequest) -> tuple[Interaction, str]:
    """A new row for a request that was found valid, and the value that its browser must keep to come back."""
    browser = new_secret()
    arrived_at = datetime.fromtimestamp(request.arrived_at, UTC)
    interaction = Interaction.objects.create(
        client=client,
        parameters=kept_of(request),
        browser_digest=digest_of(browser),
        arrived_at=arrived_at,
        expires_at=timezone.now() + conf.interaction_lifetime(),
    )
    return interaction, browser


def find_interaction(*, interaction_id: uuid.UUID, browser: str) -> Interaction:
    """The pending request of this browser. Raises InteractionUnusable, with one message for every cause."""
    interaction = Interaction.objects.select_related("client").filter(pk=interaction_id).first()
    if (
        interaction is None
        or not hmac.compare_digest(digest_of(browser), interaction.browser_digest)
        or interaction.completed_at is not None
        or interaction.expires_at <= timezone.now()
    ):
        raise InteractionUnusable
    return interaction


def choose_account(*, interaction: Interaction, user_pk: str) -> None:
    """Note that the person said: yes, this is me."""
    Interaction.objects.filter(pk=interaction.pk, completed_at=None).update(chosen_user=user_pk)


def note_denied(*, interaction: Interaction, user_pk: str) -> bool:
    """Whether this is the first time that this request shows this member that they may not use the client."""
    row = Interaction.objects.select_for_update().filter(pk=interaction.pk).first()
    if row is None or row.parameters.get(DENIED_TO) == user_pk:
        return False
    row.parameters = {**row.parameters, DENIED_TO: user_pk}
    row.save(update_fields=("parameters",))
    return True


def complete_interaction(*, interaction: Interaction) -> bool:
    """Whether this call is the one that answers the request. Called inside the transaction that answers."""
    return bool(Interaction.objects.filter(pk=interaction.pk, completed_at=None).update(completed_at=timezone.now()))

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
from ..protocol.parameters import Parameters
from .digests import digest_of, new_secret

# A stranger decides what a request carries; only what is used later is stored.
KEPT_PARAMETERS = frozenset(
    [
        "client_id",
        "redirect_uri",
        "response_type",
        "response_mode",
        "scope",
        "state",
        "nonce",
        "prompt",
        "max_age",
        "code_challenge",
        "code_challenge_method",
    ]
)


def begin_interaction(*, client: Client, request: AuthorizationRequest) -> tuple[Interaction, str]:
    """A new row for a request that was found valid, and the value that its browser must keep to come back."""
    browser = new_secret()
    arrived_at = datetime.fromtimestamp(request.arrived_at, UTC)
    interaction = Interaction.objects.create(
        client=client,
        parameters={name: value for name, value in request.parameters.values.items() if name in KEPT_PARAMETERS},
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


def complete_interaction(*, interaction: Interaction) -> bool:
    """Whether this call is the one that answers the request. Called inside the transaction that answers."""
    return bool(Interaction.objects.filter(pk=interaction.pk, completed_at=None).update(completed_at=timezone.now()))


def request_of(interaction: Interaction) -> AuthorizationRequest:
    """The request as it arrived."""
    return AuthorizationRequest(
        parameters=Parameters(dict(interaction.parameters), frozenset(), frozenset()),
        arrived_at=int(interaction.arrived_at.timestamp()),
        fresh_window=int(conf.fresh_window().total_seconds()),
        chosen_user=interaction.chosen_user,
    )

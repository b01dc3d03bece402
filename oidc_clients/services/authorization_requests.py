"""Authorization requests as the pipeline sees them: just arrived, pushed before, or waiting for their person."""

from __future__ import annotations

import time
from dataclasses import replace

from .. import conf
from ..models import Interaction
from ..protocol.authorization import KEPT_PARAMETERS, AuthorizationRequest
from ..protocol.parameters import Parameters
from .id_token_hints import HintRefused, read_hint

# A pushed request is read again when it is used, and its hint with it.
PUSHED_PARAMETERS = KEPT_PARAMETERS | {"id_token_hint"}
# No names of parameters: a client can't write them into the row.
HINTED_SUB = "hinted sub"
DENIED_TO = "denied to"


def arrived_request(parameters: Parameters, *, is_pushed: bool = False) -> AuthorizationRequest:
    """The request that has just arrived with these parameters."""
    request = AuthorizationRequest(
        parameters=parameters,
        arrived_at=time.time(),
        fresh_window=int(conf.fresh_window().total_seconds()),
        is_pushed=is_pushed,
    )
    if (hint := parameters.get("id_token_hint")) is None:
        return request
    try:
        found = read_hint(hint)
    except HintRefused as error:
        return replace(request, hint_fault=error.message)
    if found.client_id != parameters.get("client_id"):
        return replace(request, hint_fault="The id_token_hint was issued to another client.")
    return replace(request, hinted_sub=found.sub)


def kept_of(request: AuthorizationRequest) -> dict[str, str]:
    """What an interaction keeps of a valid request. The hint was verified: whom it names is all that is needed of it."""
    values = request.parameters.values
    kept = {name: value for name, value in values.items() if name in KEPT_PARAMETERS}
    return {**kept, HINTED_SUB: request.hinted_sub} if request.hinted_sub else kept


def request_of(interaction: Interaction) -> AuthorizationRequest:
    """The request as it arrived."""
    kept = dict(interaction.parameters)
    hinted_sub = kept.pop(HINTED_SUB, "")
    kept.pop(DENIED_TO, None)
    return AuthorizationRequest(
        parameters=Parameters(kept, frozenset(), frozenset()),
        arrived_at=interaction.arrived_at.timestamp(),
        fresh_window=int(conf.fresh_window().total_seconds()),
        chosen_user=interaction.chosen_user,
        hinted_sub=hinted_sub,
        is_pushed=True,
    )

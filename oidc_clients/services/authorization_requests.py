"""Authorization requests in the form that the pipeline takes: new, pushed, or pending."""

from __future__ import annotations

import time
from dataclasses import replace

from .. import conf
from ..models import Interaction
from ..protocol.authorization import KEPT_PARAMETERS, AuthorizationRequest
from ..protocol.parameters import Parameters
from .id_token_hints import HintRefused, read_hint

# A pushed request is parsed again when it is used, including its hint.
PUSHED_PARAMETERS = KEPT_PARAMETERS | {"id_token_hint"}
# Not a parameter name, so a client can't write it into the row.
HINTED_SUB = "hinted sub"
DENIED_TO = "denied to"


def arrived_request(parameters: Parameters, *, is_pushed: bool = False) -> AuthorizationRequest:
    """Return a new request with these parameters."""
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
    """Return what an interaction stores of a valid request.

    Of the verified hint, only the member it names is needed.
    """
    values = request.parameters.values
    kept = {name: value for name, value in values.items() if name in KEPT_PARAMETERS}
    return {**kept, HINTED_SUB: request.hinted_sub} if request.hinted_sub else kept


def request_of(interaction: Interaction) -> AuthorizationRequest:
    """Return the request as it arrived."""
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

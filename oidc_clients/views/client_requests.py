"""Requests that a client makes by itself: a form, with its credentials beside or in it (RFC 6749 §3.2.1)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse

from .. import adapters
from ..models import Client
from ..protocol.client_authentication import Credentials, parse_credentials
from ..protocol.errors import InvalidClient, InvalidRequest, OAuthError, TooManyRequests
from ..protocol.metadata import GRANT_TYPES
from ..protocol.parameters import Parameters
from ..services.client_authentication import authenticate_client
from ..services.clients_lookup import find_client
from ..signals import TokenRefused, token_refused
from .answers import form_of

logger = logging.getLogger(__name__)


def answer_client(request: HttpRequest, act: Callable[[Client, Parameters], HttpResponse]) -> HttpResponse:
    """What ``act`` answers to the authenticated client's form. Raises OAuthError, after it was told to the audit trail."""
    return answer_credentials(
        request, lambda credentials, form: act(authenticate_client(credentials=credentials), form)
    )


def answer_credentials(request: HttpRequest, act: Callable[[Credentials, Parameters], HttpResponse]) -> HttpResponse:
    """As ``answer_client``, for those who look the client up along with something else."""
    if request.META.get("QUERY_STRING"):
        # Queries end up in logs and histories.
        raise InvalidRequest("Send the parameters in the form, not in the address.")
    form = form_of(request)
    form.refuse_faults()
    client_id = form.get("client_id")
    try:
        endpoint = request.resolver_match.view_name if request.resolver_match is not None else ""
        credentials = replace(parse_credentials(request.headers.get("Authorization"), form), endpoint=endpoint)
        client_id = credentials.client_id
        return act(credentials, form)
    except OAuthError as error:
        _tell(request, error, client_id, form.get("grant_type"))
        raise
    except IntegrityError as error:
        if find_client(client_id) is not None:
            raise
        raise InvalidClient(reason="deleted_client") from error


def required(form: Parameters, name: str) -> str:
    """The parameter. Raises InvalidRequest when it is missing."""
    value = form.get(name)
    if value is None:
        raise InvalidRequest(f"The {name} is missing.")
    return value


def limit_strangers(request: HttpRequest, client: Client) -> None:
    """Hold whoever merely names a public client to a number of pending requests. Raises TooManyRequests."""
    if client.is_public and adapters.get_rate_limit()(request, "pending-request") is not None:
        raise TooManyRequests


def _tell(request: HttpRequest, error: OAuthError, client_id: str | None, grant_type: str | None) -> None:
    if not error.is_failure:
        return
    # The reason is one of this app's own words; nothing that was sent is repeated but the client's id.
    logger.warning("A client's request was refused: %s (%s).", error.reason, error.code)
    if error.user is None and adapters.get_rate_limit()(request, "refused-client") is not None:
        # Nothing of a member's was presented, and no stranger may fill the audit trail; the log has it.
        return
    token_refused.send(
        sender=None,
        event=TokenRefused(
            user=error.user,
            client=_shown(client_id, is_known=error.reason != "unknown_client"),
            grant_type=grant_type if grant_type in GRANT_TYPES else "",
            reason=error.reason,
        ),
    )


def _shown(client_id: str | None, *, is_known: bool) -> str | None:
    """The id as the audit trail keeps it; of one that nobody has its beginning, for who mixes up id and secret sends that."""
    if client_id is None:
        return None
    clean = client_id.replace("\x00", "")
    return clean[:128] if is_known else f"{clean[:4]}…"

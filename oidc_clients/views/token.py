"""The token endpoint (RFC 6749 §3.2)."""

from __future__ import annotations

import logging

from django.http import HttpRequest, HttpResponse

from ..models import Client
from ..protocol.client_authentication import parse_credentials
from ..protocol.errors import InvalidRequest, OAuthError, UnsupportedGrantType
from ..protocol.metadata import DEVICE_CODE, GRANT_TYPES
from ..protocol.parameters import Parameters
from ..services.client_authentication import authenticate_client
from ..services.redeem_code import redeem_code
from ..services.redeem_device_code import redeem_device_code
from ..services.refresh import refresh_tokens
from ..services.tokens import TokenAnswer
from ..signals import TokenRefused, token_refused
from .answers import endpoint, form_of, json_answer

logger = logging.getLogger(__name__)


@endpoint("POST", challenge="Basic")
def token(request: HttpRequest) -> HttpResponse:
    if request.META.get("QUERY_STRING"):
        # Queries end up in logs and histories.
        raise InvalidRequest("Send the parameters in the form, not in the address.")
    form = form_of(request)
    form.refuse_faults()
    client_id = form.get("client_id")
    try:
        credentials = parse_credentials(request.headers.get("Authorization"), form)
        client_id = credentials.client_id
        return json_answer(_grant(authenticate_client(credentials=credentials), form).body)
    except OAuthError as error:
        _tell(error, client_id, form.get("grant_type"))
        raise


def _grant(client: Client, form: Parameters) -> TokenAnswer:
    grant_type = _required(form, "grant_type")
    if grant_type == "authorization_code":
        return redeem_code(
            client=client,
            code=_required(form, "code"),
            redirect_uri=form.get("redirect_uri"),
            verifier=form.get("code_verifier"),
        )
    if grant_type == "refresh_token":
        return refresh_tokens(client=client, refresh_token=_required(form, "refresh_token"), scope=form.get("scope"))
    if grant_type == DEVICE_CODE:
        return redeem_device_code(client=client, device_code=_required(form, "device_code"))
    raise UnsupportedGrantType


def _required(form: Parameters, name: str) -> str:
    value = form.get(name)
    if value is None:
        raise InvalidRequest(f"The {name} is missing.")
    return value


def _tell(error: OAuthError, client_id: str | None, grant_type: str | None) -> None:
    if not error.is_failure:
        return
    # The reason is one of this app's own words; nothing that was sent is repeated but the client's id.
    logger.warning("A token request was refused: %s (%s).", error.reason, error.code)
    token_refused.send(
        sender=None,
        event=TokenRefused(
            user=error.user,
            client=None if client_id is None else client_id[:128].replace("\x00", ""),
            grant_type=grant_type if grant_type in GRANT_TYPES else "",
            reason=error.reason,
        ),
    )

"""The device authorization endpoint (RFC 8628 §3.1, §3.2)."""

from __future__ import annotations

import logging
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from .. import adapters, conf
from ..models import Client
from ..protocol.client_authentication import parse_credentials
from ..protocol.errors import InvalidRequest, OAuthError, UnauthorizedClient
from ..protocol.scopes import known_scopes
from ..protocol.user_code import shown_user_code
from ..services.client_authentication import authenticate_client
from ..services.device_grants import StartedGrant, start_device_grant
from .answers import endpoint, form_of, json_answer

logger = logging.getLogger(__name__)


@endpoint("POST", challenge="Basic", for_scripts=False)
def device_authorization(request: HttpRequest) -> HttpResponse:
    if request.META.get("QUERY_STRING"):
        # Queries end up in logs and histories.
        raise InvalidRequest("Send the parameters in the form, not in the address.")
    form = form_of(request)
    form.refuse_faults()
    try:
        client = authenticate_client(credentials=parse_credentials(request.headers.get("Authorization"), form))
        started = _start(request, client, known_scopes(form.get("scope")))
    except OAuthError as error:
        logger.warning("A device's request was refused: %s (%s).", error.reason, error.code)
        raise
    return json_answer(_answer(started))


def _start(request: HttpRequest, client: Client, scopes: tuple[str, ...]) -> StartedGrant:
    if not client.allows_device_grant:
        raise UnauthorizedClient("This client may not sign people in on devices.", reason="grant_type_not_allowed")
    address, user_agent = adapters.get_request_origin()(request)
    return start_device_grant(client=client, scopes=scopes, address=address, user_agent=user_agent)


def _answer(started: StartedGrant) -> dict[str, str | int]:
    base = urlsplit(conf.issuer())
    page = f"{base.scheme}://{base.netloc}{reverse('hearthkey_oidc_clients:device')}"
    user_code = shown_user_code(started.user_code)
    return {
        "device_code": started.device_code,
        "user_code": user_code,
        "verification_uri": page,
        "verification_uri_complete": f"{page}?{urlencode({'user_code': user_code})}",
        "expires_in": started.expires_in,
        "interval": started.interval,
    }

"""The device authorization endpoint (RFC 8628 §3.1, §3.2)."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from .. import adapters, conf
from ..models import Client
from ..protocol.errors import UnauthorizedClient
from ..protocol.parameters import Parameters
from ..protocol.scopes import known_scopes
from ..protocol.user_code import shown_user_code
from ..services.device_grants import StartedGrant, start_device_grant
from .answers import endpoint, json_answer
from .client_requests import answer_client, limit_strangers


@endpoint("POST", challenge="Basic")
def device_authorization(request: HttpRequest) -> HttpResponse:
    return answer_client(request, partial(_start, request))


def _start(request: HttpRequest, client: Client, form: Parameters) -> HttpResponse:
    if not client.allows_device_grant:
        raise UnauthorizedClient("This client may not sign people in on devices.", reason="grant_type_not_allowed")
    limit_strangers(request, client)
    address, user_agent = adapters.get_request_origin()(request)
    scopes = known_scopes(form.get("scope"))
    started = start_device_grant(client=client, scopes=scopes, address=address, user_agent=user_agent)
    return json_answer(_answer(started))


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

"""The token endpoint (RFC 6749 §3.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from django.http import HttpRequest, HttpResponse

from ..models import Client
from ..protocol.errors import UnauthorizedClient, UnsupportedGrantType
from ..protocol.metadata import DEVICE_CODE
from ..protocol.parameters import Parameters
from ..services.redeem_code import redeem_code
from ..services.redeem_device_code import redeem_device_code
from ..services.refresh import refresh_tokens
from ..services.tokens import TokenAnswer
from .answers import endpoint, json_answer
from .client_requests import answer_client, required


@endpoint("POST", challenge="Basic")
def token(request: HttpRequest) -> HttpResponse:
    return answer_client(request, _grant)


def _grant(client: Client, form: Parameters) -> HttpResponse:
    grant = GRANTS.get(required(form, "grant_type"))
    if grant is None:
        raise UnsupportedGrantType
    return json_answer(grant(client, form).body)


def _by_code(client: Client, form: Parameters) -> TokenAnswer:
    return redeem_code(
        client=client,
        code=required(form, "code"),
        redirect_uri=form.get("redirect_uri"),
        verifier=form.get("code_verifier"),
    )


def _by_refresh_token(client: Client, form: Parameters) -> TokenAnswer:
    if not client.issues_refresh_tokens:
        raise UnauthorizedClient("This client is registered without refresh tokens.")
    return refresh_tokens(client=client, refresh_token=required(form, "refresh_token"), scope=form.get("scope"))


def _by_device_code(client: Client, form: Parameters) -> TokenAnswer:
    return redeem_device_code(client=client, device_code=required(form, "device_code"))


GRANTS: Final[Mapping[str, Callable[[Client, Parameters], TokenAnswer]]] = {
    "authorization_code": _by_code,
    "refresh_token": _by_refresh_token,
    DEVICE_CODE: _by_device_code,
}

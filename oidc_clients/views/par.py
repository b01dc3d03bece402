"""The pushed authorization request endpoint (RFC 9126 §2)."""

from __future__ import annotations

from functools import partial

from django.http import HttpRequest, HttpResponse

from ..models import Client
from ..protocol.parameters import Parameters
from ..services.pushed_requests import push_request
from .answers import endpoint, json_answer
from .client_requests import answer_client, limit_strangers


@endpoint("POST", challenge="Basic")
def pushed_authorization_request(request: HttpRequest) -> HttpResponse:
    return answer_client(request, partial(_push, request))


def _push(request: HttpRequest, client: Client, form: Parameters) -> HttpResponse:
    limit_strangers(request, client)
    pushed = push_request(client=client, parameters=form)
    return json_answer({"request_uri": pushed.request_uri, "expires_in": pushed.expires_in}, status=201)

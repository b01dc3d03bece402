"""The pushed authorization request endpoint (RFC 9126 §2)."""

from __future__ import annotations

import logging

from django.http import HttpRequest, HttpResponse

from ..protocol.client_authentication import parse_credentials
from ..protocol.errors import InvalidRequest, OAuthError
from ..services.client_authentication import authenticate_client
from ..services.pushed_requests import push_request
from .answers import endpoint, form_of, json_answer

logger = logging.getLogger(__name__)


@endpoint("POST", challenge="Basic", for_scripts=False)
def pushed_authorization_request(request: HttpRequest) -> HttpResponse:
    if request.META.get("QUERY_STRING"):
        # Queries end up in logs and histories.
        raise InvalidRequest("Send the parameters in the form, not in the address.")
    form = form_of(request)
    form.refuse_faults()
    try:
        client = authenticate_client(credentials=parse_credentials(request.headers.get("Authorization"), form))
        pushed = push_request(client=client, parameters=form)
    except OAuthError as error:
        logger.warning("A pushed request was refused: %s (%s).", error.reason, error.code)
        raise
    return json_answer({"request_uri": pushed.request_uri, "expires_in": pushed.expires_in}, status=201)

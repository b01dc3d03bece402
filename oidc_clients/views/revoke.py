"""The revocation endpoint (RFC 7009)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from ..protocol.client_authentication import Credentials
from ..protocol.parameters import Parameters
from ..services.revocation import revoke_token
from .answers import endpoint, json_answer
from .client_requests import answer_credentials, required


@endpoint("POST", challenge="Basic")
def revocation(request: HttpRequest) -> HttpResponse:
    return answer_credentials(request, _revoke)


def _revoke(credentials: Credentials, form: Parameters) -> HttpResponse:
    revoke_token(credentials=credentials, token=required(form, "token"))
    # The same whether there was anything to revoke (§2.2).
    return json_answer({})

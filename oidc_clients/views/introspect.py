"""The introspection endpoint (RFC 7662)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from ..services.introspection import introspect
from .answers import endpoint, json_answer
from .client_requests import answer_credentials, required


# For servers only: a page's script has no secret to authenticate with.
@endpoint("POST", challenge="Basic", for_scripts=False)
def introspection(request: HttpRequest) -> HttpResponse:
    return answer_credentials(
        request,
        lambda credentials, form: json_answer(introspect(credentials=credentials, token=required(form, "token"))),
    )

"""The userinfo endpoint (OpenID Connect Core §5.3, RFC 6750 §2)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from ..protocol.errors import InvalidRequest, TokenMissing
from ..services.userinfo import userinfo_of
from .answers import FORM, endpoint, form_of, json_answer


@endpoint("GET", "POST", challenge="Bearer")
def userinfo(request: HttpRequest) -> HttpResponse:
    return json_answer(userinfo_of(access_token=_bearer_token(request)))


def _bearer_token(request: HttpRequest) -> str:
    """The token of the header or of the form, never of the query, which ends up in logs."""
    scheme, _, in_header = request.headers.get("Authorization", "").partition(" ")
    in_form = None
    if request.method == "POST" and request.content_type == FORM:
        form = form_of(request)
        form.refuse_faults()
        in_form = form.get("access_token")
    if scheme.lower() != "bearer" or not in_header.strip():
        if in_form is None:
            raise TokenMissing
        return in_form
    if in_form is not None:
        raise InvalidRequest("Send the access token once, in the header or in the form.")
    return in_header.strip()

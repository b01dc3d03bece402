"""How the endpoints for clients answer: JSON, never stored, readable by scripts of any origin."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.utils.http import parse_etags
from django.views.decorators.csrf import csrf_exempt

from ..exceptions import SigningKeyUnreadable
from ..protocol.errors import (
    InvalidRequest,
    OAuthError,
    RequestTooLarge,
    TemporarilyUnavailable,
    UnsupportedMediaType,
)
from ..protocol.parameters import Parameters, parse_parameters

View = Callable[[HttpRequest], HttpResponse]
FORM = "application/x-www-form-urlencoded"


def endpoint(*methods: str, challenge: str | None = None, for_scripts: bool = True) -> Callable[[View], View]:
    """A client endpoint: these methods only, preflight answered, errors as JSON, nothing stored.

    ``challenge`` is the scheme of WWW-Authenticate on a 401. Without ``for_scripts`` no page may read an answer.
    """

    def decorate(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        def wrapped(request: HttpRequest) -> HttpResponse:
            # Clients speak here, and no cookie that comes along says who acts.
            request.user = AnonymousUser()
            response = _answer(view, request, methods, challenge, for_scripts=for_scripts)
            return allow_any_origin(response) if for_scripts else response

        return wrapped

    return decorate


def _answer(
    view: View, request: HttpRequest, methods: tuple[str, ...], challenge: str | None, *, for_scripts: bool
) -> HttpResponse:
    if request.method == "OPTIONS" and for_scripts:
        return _preflight(methods)
    if request.method not in methods:
        response = error_answer(InvalidRequest(f"Use {' or '.join(methods)}."), status=405)
        response.headers["Allow"] = ", ".join((*methods, "OPTIONS") if for_scripts else methods)
        return response
    try:
        return view(request)
    except OAuthError as error:
        return error_answer(error, challenge=challenge)
    except SigningKeyUnreadable as error:
        return error_answer(TemporarilyUnavailable(reason=error.code))


def json_answer(body: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
    """A JSON answer that nothing may keep (RFC 6749 §5.1)."""
    response = JsonResponse(dict(body), status=status)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response


def error_answer(error: OAuthError, *, challenge: str | None = None, status: int | None = None) -> HttpResponse:
    """The error as the specifications want it (RFC 6749 §5.2, RFC 6750 §3)."""
    told = {"error": error.code} if error.code else {}
    body = {**told, "error_description": error.description}
    response = json_answer(body, status=status or error.status)
    if challenge is not None and error.status in (401, 403):
        details = {**body, "scope": error.scope} if challenge == "Bearer" and told else {}
        attributes = [f'{name}="{value}"' for name, value in {"realm": "hearthkey", **details}.items() if value]
        response.headers["WWW-Authenticate"] = f"{challenge} {', '.join(attributes)}"
    return response


def form_of(request: HttpRequest) -> Parameters:
    """The form of a POST. Raises InvalidRequest or UnsupportedMediaType, whatever was sent."""
    if request.content_type != FORM and not _is_empty(request):
        raise UnsupportedMediaType
    try:
        sent: QueryDict = request.POST
    except RequestDataTooBig as error:
        raise RequestTooLarge from error
    except (BadRequest, SuspiciousOperation, MultiPartParserError, UnreadablePostError) as error:
        raise InvalidRequest("The form can't be read.") from error
    return parse_parameters(sent.lists())


def _is_empty(request: HttpRequest) -> bool:
    """Return whether there is no body to have a type, so that the error is about what is missing."""
    has_length = request.META.get("CONTENT_LENGTH") not in (None, "", "0")
    return not request.content_type and not has_length and "Transfer-Encoding" not in request.headers


def allow_any_origin(response: HttpResponse) -> HttpResponse:
    """Scripts of any page may read the answer. No cookie is involved, so nobody's session is lent to them."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "WWW-Authenticate, ETag"
    return response


def _preflight(methods: tuple[str, ...]) -> HttpResponse:
    response = HttpResponse(status=204)
    response.headers["Access-Control-Allow-Methods"] = ", ".join(methods)
    response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
    response.headers["Access-Control-Max-Age"] = "3600"
    return response


def conditional_json(request: HttpRequest, body: Mapping[str, Any], *, etag: str, max_age: int) -> HttpResponse:
    """A public JSON document with its ETag, or 304 when the caller has it."""
    whole = HttpResponse(json.dumps(body), content_type="application/json")
    return conditional(request, whole, etag=etag, max_age=max_age)


def conditional(request: HttpRequest, whole: HttpResponse, *, etag: str, max_age: int) -> HttpResponse:
    """The whole answer with its ETag, or 304 when the caller has it. Compressing proxies make tags weak (RFC 9110 §13.1.2)."""
    had = {tag.removeprefix("W/") for tag in parse_etags(request.headers.get("If-None-Match", ""))}
    response = HttpResponse(status=304) if had & {etag, "*"} else whole
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = f"public, max-age={max_age}"
    return response

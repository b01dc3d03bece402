"""How the ceremony endpoints speak: JSON in, JSON out, and every refusal in one shape."""

from __future__ import annotations

import json
import logging
import math
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_POST

from .. import adapters
from ..core.session_entry import KEY, SessionEntry, read_entry
from ..exceptions import BadRequest, NotJson, PasskeyError, RequestTooLarge, SignInRequired, TooManyRequests
from ..services.ceremonies import Begun

logger = logging.getLogger(__name__)

Body = dict[str, Any]

MAX_BODY: Final = 64 * 1024
"""Bytes. The largest honest answer, an attested ML-DSA-87 registration, has about a fifth of it."""

_COOKIE: Final = "hearthkey_browser"
_COOKIE_BYTES: Final = 32
_COOKIE_MAX_LENGTH: Final = 128


class Wait(TooManyRequests):
    def __init__(self, seconds: float) -> None:
        super().__init__(f"{seconds:.1f} s to wait")
        self.seconds = max(1, math.ceil(seconds))


def ceremony_endpoint(view: Callable[[HttpRequest, Body], JsonResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Read a JSON object from the body for ``view``, and turn its ``PasskeyError`` into JSON.

    Only ``application/json`` is read: a form on another site can post text, but never that without CORS.
    """

    @wraps(view)
    def endpoint(request: HttpRequest) -> HttpResponse:
        try:
            return view(request, read_body(request))
        except PasskeyError as error:
            return refuse(request, error)

    return transaction.non_atomic_requests(never_cache(require_POST(csrf_protect(endpoint))))


def read_body(request: HttpRequest) -> Body:
    """Return the JSON object in the body. Raises ``NotJson``, ``RequestTooLarge``, ``BadRequest``."""
    if request.content_type != "application/json":
        raise NotJson(f"content type {request.content_type!r}")
    try:
        declared = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError as error:
        raise BadRequest("the content length is no number") from error
    if declared > MAX_BODY:
        raise RequestTooLarge(f"{declared} bytes")
    try:
        raw = request.body
    except RequestDataTooBig as error:
        raise RequestTooLarge(str(error)) from error
    except UnreadablePostError as error:
        raise BadRequest("the body broke off") from error
    if len(raw) > MAX_BODY:
        raise RequestTooLarge(f"{len(raw)} bytes")
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"no JSON: {error}") from error
    if not isinstance(body, dict):
        raise BadRequest("the body is no object")
    return body


def read_answer(body: Body) -> tuple[str, Body]:
    """Return the ceremony's token and the credential. Raises ``BadRequest``."""
    token, credential = body.get("ceremony"), body.get("credential")
    if not isinstance(token, str) or not token.isascii() or not isinstance(credential, dict):
        raise BadRequest("ceremony or credential is missing")
    return token, credential


def refuse(request: HttpRequest, error: PasskeyError) -> JsonResponse:
    """Return the refusal in the one shape that the ES module knows, and log the precise reason."""
    reference = str(getattr(request, "hearthkey_request_id", "") or "")
    logger.info("%s %s: %s", request.path, error.code, error, extra={"reference": reference})
    answer = {"error": error.code, "message": str(error.message), "reference": reference}
    response = JsonResponse(answer, status=error.status)
    if isinstance(error, Wait):
        response["Retry-After"] = str(error.seconds)
    return response


def limit(request: HttpRequest, policy: str) -> None:
    """Raise ``TooManyRequests`` when the site's rate limit says so."""
    seconds = adapters.ask_rate_limit()(request, policy)
    if seconds is not None:
        raise Wait(seconds)


def member(request: HttpRequest) -> Any:
    """Return the signed-in member, or raise ``SignInRequired``: JSON callers cannot follow a redirect."""
    if not request.user.is_authenticated:
        raise SignInRequired("nobody is signed in")
    return request.user


def session_entry(request: HttpRequest) -> SessionEntry | None:
    return read_entry(request.session.get(KEY))


def browser_of(request: HttpRequest) -> str:
    """Return the value of this browser's own cookie, ``""`` where it has none (which fits no ceremony)."""
    value = request.COOKIES.get(_cookie_name(), "")
    return value if len(value) <= _COOKIE_MAX_LENGTH else ""


def begun_json(begun: Begun) -> Body:
    """Return a ceremony as the ES module knows it."""
    return {"ceremony": begun.token, "publicKey": begun.options}


def begin_answer(request: HttpRequest, begin: Callable[[str], Begun]) -> JsonResponse:
    """Begin a ceremony bound to this browser, which gets its cookie where it has none yet.

    The session would not do: a sign-in has none before it and a new key after it, and a cookie that nothing else
    uses is never sent anywhere by mistake.
    """
    browser = browser_of(request)
    is_new = not browser
    if is_new:
        browser = secrets.token_urlsafe(_COOKIE_BYTES)
    response = JsonResponse(begun_json(begin(browser)))
    if is_new:
        response.set_cookie(
            _cookie_name(), browser, path="/", secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax"
        )
    return response


def _cookie_name() -> str:
    return f"__Host-{_COOKIE}" if settings.SESSION_COOKIE_SECURE else _COOKIE

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from ...environment.logs import masked
from .. import request_context
from ..client_address import client_address

logger = logging.getLogger("hearthkey.access")

_PROBES = {"/healthz", "/readyz"}


class RequestContextMiddleware:
    """The first middleware: scheme from APP_URL, reference id, client address, one access line per request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # The scheme is a fact of the deployment: a proxy's header could be forged, and may be missing.
        request.META["wsgi.url_scheme"] = "https" if settings.APP_IS_HTTPS else "http"
        request_id = uuid.uuid4().hex
        address = client_address(
            request.META.get("REMOTE_ADDR", ""),
            request.META.get("HTTP_X_FORWARDED_FOR", ""),
            settings.TRUSTED_PROXIES,
        )
        request.hearthkey_request_id = request_id  # type: ignore[attr-defined]
        token = request_context.enter(request_context.RequestContext(request_id, address, request))
        started = time.monotonic()
        try:
            response = self.get_response(request)
            response.headers["X-Request-ID"] = request_id
            if request.method == "HEAD":
                _remove_body(response)
            milliseconds = (time.monotonic() - started) * 1000
            # Probes come every few seconds; only one that fails is worth a line.
            level = logging.DEBUG if request.path in _PROBES and response.status_code == 200 else logging.INFO
            logger.log(
                level,
                "%s %s %s %d %.1f ms",
                address,
                request.method,
                masked(request.path),
                response.status_code,
                milliseconds,
            )
            return response
        finally:
            request_context.leave(token)


def _remove_body(response: HttpResponseBase) -> None:
    """Leave the headers of a GET and no content: the server warns of content that it may not send (RFC 9110 §9.3.2)."""
    if not isinstance(response, HttpResponse):
        return
    response.headers.setdefault("Content-Length", str(len(response.content)))
    response.content = b""

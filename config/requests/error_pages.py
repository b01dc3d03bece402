"""Answers to requests that failed. Each has a form that nothing can break, for whatever fails while it is drawn."""

from __future__ import annotations

import logging
import sys
from typing import Any, Final

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

from ..environment.outages import is_outage
from . import request_context

logger = logging.getLogger("hearthkey.errors")

_FOR_CLIENTS: Final = ("/api/", "/.well-known/")


def bad_request(request: HttpRequest, exception: BaseException) -> HttpResponse:
    response = _page(request, 400, "This request can't be understood")
    if isinstance(exception, RequestDataTooBig):
        response.status_code = 413
    return response


def permission_denied(request: HttpRequest, exception: BaseException) -> HttpResponse:
    return _page(request, 403, "You don't have access to this page")


def page_not_found(request: HttpRequest, exception: BaseException) -> HttpResponse:
    return _page(request, 404, "Page not found")


def server_error(request: HttpRequest) -> HttpResponse:
    """Return the constant 500 response with the reference in the log: JSON for clients, a page for people.

    Django calls this while it handles the exception. A database that is away gets 503: nothing is wrong with the request.
    """
    reference = request_context.current().request_id
    if is_outage(sys.exc_info()[1]):
        return _unavailable(request, reference)
    if request.path.startswith(_FOR_CLIENTS):
        return JsonResponse({"error": "server_error", "error_description": f"Reference {reference}"}, status=500)
    return _page(request, 500, "Something went wrong", context={"request_id": reference})


def _unavailable(request: HttpRequest, reference: str) -> HttpResponse:
    logger.error("The database can't be used: %s", sys.exc_info()[1])
    if request.path.startswith(_FOR_CLIENTS):
        body = {"error": "temporarily_unavailable", "error_description": f"Try again later. Reference {reference}"}
        response: HttpResponse = JsonResponse(body, status=503)
    else:
        response = _page(request, 503, "Back in a moment", context={"request_id": reference})
    response.headers["Retry-After"] = "5"
    response.headers["Cache-Control"] = "no-store"
    return response


def _page(request: HttpRequest, status: int, plain: str, *, context: dict[str, Any] | None = None) -> HttpResponse:
    """Return the page of this status, or one line of text if it can't be drawn.

    Django's own error views check for a CSRF token, which reads the body: a body that can't be parsed then turns a 404
    into a 500. These pages have no form. From 500 on they are drawn without the request, which would ask the database.
    """
    try:
        text = render_to_string(f"{status}.html", context, None if status >= 500 else request)
    except Exception:
        logger.exception("The page for status %d can't be drawn.", status)
        reference = request_context.current().request_id
        return HttpResponse(f"{plain}. Reference: {reference}\n", status=status, content_type="text/plain")
    return HttpResponse(text, status=status)

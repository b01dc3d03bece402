from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

from . import request_context


def server_error(request: HttpRequest) -> HttpResponse:
    """Return the constant 500 answer: for a client JSON, for a person a page; both with the log's reference only."""
    reference = request_context.current().request_id
    if request.path.startswith(("/api/", "/.well-known/")):
        return JsonResponse({"error": "server_error", "error_description": f"Reference {reference}"}, status=500)
    return HttpResponse(render_to_string("500.html", {"request_id": reference}), status=500)

from __future__ import annotations

import math

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string


def too_many_requests(request: HttpRequest, wait: float) -> HttpResponse:
    """Return the 429 answer in the caller's form, with Retry-After in whole seconds."""
    seconds = max(1, math.ceil(wait))
    response: HttpResponse
    if request.path.startswith("/api/"):
        response = JsonResponse({"error": "temporarily_unavailable", "error_description": "Too many requests."})
    else:
        response = HttpResponse(render_to_string("429.html", {"wait": seconds}, request))
    response.status_code = 429
    response.headers["Retry-After"] = str(seconds)
    return response

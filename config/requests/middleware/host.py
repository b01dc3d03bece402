from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port, validate_host
from django.template.loader import render_to_string


class HostMiddleware:
    """Serves nothing under a host that is not ours, and says where the service lives instead."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Read raw: get_host() raises for the very hosts that this answers, and no forwarding header counts.
        raw = request.META.get("HTTP_HOST", request.META.get("SERVER_NAME", ""))
        domain, _port = split_domain_port(raw)
        if domain and validate_host(domain, settings.ALLOWED_HOSTS):
            return self.get_response(request)
        context = {"app_url": settings.APP_URL, "host": domain or raw[:100]}
        return HttpResponse(render_to_string("hearthkey/wrong_host.html", context), status=400)

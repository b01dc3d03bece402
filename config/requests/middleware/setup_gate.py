from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.services.setup import needs_setup

_NORMAL = ("/setup", "/static/", "/look/", "/.well-known/")


class SetupGateMiddleware:
    """While there is no member, leads people to the wizard and tells clients to come back later."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(_NORMAL) or not needs_setup():
            return self.get_response(request)
        if request.path.startswith("/api/"):
            body = {"error": "temporarily_unavailable", "error_description": "This service is not set up yet."}
            return JsonResponse(body, status=503, headers={"Retry-After": "60"})
        if request.path.startswith("/authorize"):
            page = render_to_string("hearthkey/not_set_up.html", {}, request)
            return HttpResponse(page, status=503, headers={"Retry-After": "60"})
        return HttpResponseRedirect(reverse("hearthkey_accounts:setup"))

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import is_valid_path
from django.utils.http import escape_leading_slashes

#: Clients' addresses are what discovery says, to the letter; a redirect would hide a wrong configuration.
_EXACT = ("/authorize", "/api/", "/.well-known/")


class SlashMiddleware:
    """Leads people who typed an address with a slash too many or too few to the page that they meant."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if request.method not in {"GET", "HEAD"} or path.startswith(_EXACT) or is_valid_path(path):
            return self.get_response(request)
        other = path.rstrip("/") if path.endswith("/") else f"{path}/"
        if not is_valid_path(other):
            return self.get_response(request)
        query = request.META.get("QUERY_STRING", "")
        return HttpResponseRedirect(escape_leading_slashes(other + (f"?{query}" if query else "")))

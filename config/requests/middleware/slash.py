from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import is_valid_path
from django.utils.http import escape_leading_slashes

#: Addresses that clients put together themselves, often from an issuer that was typed with a slash at its end.
_FOR_CLIENTS = ("/authorize", "/api/", "/.well-known/")


class ClientSlashMiddleware:
    """Serves the addresses of clients with an extra slash at either end as without it.

    A redirect would lose the body of a POST. Comes before all that looks at the path.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if path.startswith("//") or path.endswith("/"):
            meant = f"/{path.strip('/')}"
            if meant.startswith(_FOR_CLIENTS) and not is_valid_path(path) and is_valid_path(meant):
                request.path = request.path.removesuffix(path) + meant
                request.path_info = meant
        return self.get_response(request)


class SlashMiddleware:
    """Redirects people who typed an address with a slash too many or too few to the page that they meant."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if request.method not in {"GET", "HEAD"} or path.startswith(_FOR_CLIENTS) or is_valid_path(path):
            return self.get_response(request)
        other = path.rstrip("/") if path.endswith("/") else f"{path}/"
        if not is_valid_path(other):
            return self.get_response(request)
        query = request.META.get("QUERY_STRING", "")
        return HttpResponseRedirect(escape_leading_slashes(other + (f"?{query}" if query else "")))

"""Forms whose redirects end at a client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils import translation

# The page itself has no form, and the browser must not treat its refresh as one.
GOING_ON_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)
#: Endpoints that redirect to clients.
_ENDPOINTS: Final = frozenset({"authorize", "end-session"})
#: Pages pass the destination on in a parameter, which may itself have one.
_DEEPEST: Final = 4


class GoingOnMiddleware:
    """Replaces a redirect that answers a form and may end at a client with a page that continues by itself.

    Chromium applies ``form-action`` to every redirect that follows a form. With ``form-action 'self'`` a form that ends at
    a client would do nothing, although the code is already issued or the one-time code used up. Views answer with plain
    redirects; this is the only place that decides. Redirects for scripts and those that answer a GET are left alone.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        location = response.headers.get("Location", "")
        if request.method != "POST" or not 300 <= response.status_code < 400 or not location:
            return response
        if request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate":
            return response
        is_local = _is_local(location, request.get_host())
        # A form posted to an endpoint is another site's, and so is the policy that applies to it.
        if is_local and (_is_endpoint(request.path_info) or not _leads_to_client(location)):
            return response
        return _going_on(request, response, location)


def _going_on(request: HttpRequest, response: HttpResponse, location: str) -> HttpResponse:
    """Return the page, with the cookies and headers of the redirect."""
    with translation.override(response.headers.get("Content-Language") or translation.get_language()):
        # Messages wait for the next page: nobody could read them on this one.
        context = {"address": _whole(request, location), "messages": ()}
        page = render(request, "hearthkey/oidc_clients/going_on.html", context)
    page.cookies = response.cookies
    for name, value in response.headers.items():
        if name not in {"Location", "Content-Type", "Content-Length"}:
            page.headers[name] = value
    page.headers["Content-Security-Policy"] = GOING_ON_POLICY
    page.headers["Referrer-Policy"] = "no-referrer"
    page.headers["Cache-Control"] = "no-store"
    page.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"
    return page


def _whole(request: HttpRequest, location: str) -> str:
    """Return the location so that a refresh leads where the redirect would: it drops a quotation mark in front."""
    return location if location.startswith("/") or urlsplit(location).scheme else request.build_absolute_uri(location)


def _is_local(location: str, host: str) -> bool:
    parts = urlsplit(location)
    return not parts.scheme and not parts.netloc or (parts.scheme in {"http", "https"} and parts.netloc == host)


def _is_endpoint(path: str) -> bool:
    try:
        match = resolve(path)
    except Resolver404:
        return False
    return match.app_names[-1:] == ["hearthkey_oidc_clients"] and match.url_name in _ENDPOINTS


def _leads_to_client(address: str, depth: int = _DEEPEST) -> bool:
    """Return whether the address, or one in its query, is an endpoint that redirects to clients."""
    parts = urlsplit(address)
    if _is_endpoint(parts.path):
        return True
    return depth > 0 and any(
        value.startswith("/") and _leads_to_client(value, depth - 1) for _name, value in parse_qsl(parts.query)
    )

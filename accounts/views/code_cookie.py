"""The cookie that makes a browser the only one in which the code works that was asked for in it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from ..services.code_digests import new_browser
from ..services.code_requests import LIFETIME

_NAME: Final = "hearthkey_code"
#: A little longer than the code, so that a late one is refused as late.
_MAX_AGE: Final = LIFETIME + timedelta(minutes=15)


def read_browser(request: HttpRequest) -> str:
    """Return the secret that this browser keeps, or an empty text."""
    return _kept_for(request, _MAX_AGE)


def secret_to_ask_with(request: HttpRequest) -> str:
    """Return what a code that is asked for now is bound to: the secret of the one asked for within its lifetime, which
    may still come, else a new one, which nobody knows who sat there before.

    The cookie itself says how old it is. Whether there is such a code would tell whose addresses are members'.
    """
    return _kept_for(request, LIFETIME) or new_browser()


def keep_browser(response: HttpResponse, browser: str) -> None:
    """Let the browser keep its secret for as long as a code asked for now."""
    response.set_signed_cookie(
        _cookie_name(),
        browser,
        max_age=_MAX_AGE,
        path="/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def forget_browser(response: HttpResponse) -> None:
    """Let the next code be bound to another secret than the one that whoever sat here before may know."""
    # A browser ignores a __Host- cookie without Secure, a deleting one too; delete_cookie() knows that prefix.
    response.delete_cookie(_cookie_name(), samesite="Lax")


def _kept_for(request: HttpRequest, longest: timedelta) -> str:
    return request.get_signed_cookie(_cookie_name(), default="", max_age=longest) or ""


def _cookie_name() -> str:
    return f"__Host-{_NAME}" if settings.SESSION_COOKIE_SECURE else _NAME

"""The cookie that makes a waiting browser the one that may pick its approval up."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

_NAME: Final = "hearthkey_waiting"
#: Longer than a request lives, so that the page can still say what became of it.
_LIFETIME: Final = timedelta(minutes=30)


def read_secret(request: HttpRequest) -> str:
    """Return what this browser keeps, or an empty text."""
    return request.COOKIES.get(_cookie_name(), "")


def keep_secret(response: HttpResponse, secret: str) -> None:
    response.set_cookie(
        _cookie_name(),
        secret,
        max_age=_LIFETIME,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def forget_secret(response: HttpResponse) -> None:
    # A browser ignores a __Host- cookie without Secure, a deleting one too; delete_cookie() knows that prefix.
    response.delete_cookie(_cookie_name(), samesite="Lax")


def _cookie_name() -> str:
    return f"__Host-{_NAME}" if settings.SESSION_COOKIE_SECURE else _NAME

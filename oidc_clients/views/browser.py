"""The cookie that binds a pending sign-in to the browser that began it."""

from __future__ import annotations

import uuid
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from .. import conf

_NAME: Final = "hearthkey_interaction_"
MAX_COOKIES: Final = 12


def browser_value(request: HttpRequest, interaction_id: uuid.UUID) -> str:
    """What this browser kept for that interaction, or an empty value."""
    return request.COOKIES.get(_cookie_name(interaction_id), "")


def remember(request: HttpRequest, response: HttpResponse, interaction_id: uuid.UUID, value: str) -> None:
    """Let the browser keep the value. Each tab has a cookie of its own: a form from another site arrives without cookies,
    and one that replaced a common cookie would end every other tab's sign-in."""
    kept = [name for name in request.COOKIES if name.startswith(_prefix())]
    for name in kept[: max(0, len(kept) - MAX_COOKIES + 1)]:
        _delete(response, name)
    response.set_cookie(
        _cookie_name(interaction_id),
        value,
        max_age=conf.interaction_lifetime(),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def forget(response: HttpResponse, interaction_id: uuid.UUID) -> None:
    """Take the cookie back; the interaction is done."""
    _delete(response, _cookie_name(interaction_id))


def _delete(response: HttpResponse, name: str) -> None:
    # A browser ignores a __Host- cookie without Secure, a deleting one too; delete_cookie() knows that prefix.
    response.delete_cookie(name, samesite="Lax")


def _prefix() -> str:
    return f"__Host-{_NAME}" if settings.SESSION_COOKIE_SECURE else _NAME


def _cookie_name(interaction_id: uuid.UUID) -> str:
    return f"{_prefix()}{interaction_id.hex[:12]}"

"""Which members have used this browser, so that one of several is asked who goes on.

The browser keeps a signed cookie of digests: enough to see that there are others, and nothing that names anybody.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

_NAME: Final = "hearthkey_people"
_SALT: Final = "hearthkey oidc_clients people"
_CHOSEN: Final = "hearthkey_chosen_account"
_KEPT_FOR: Final = timedelta(days=90)
MAX_PEOPLE: Final = 5


def is_certain(request: HttpRequest) -> bool:
    """Whether nobody else is known to use this browser, or the member said in this session that it is them."""
    return _people(request) <= {_digest(request.user)} or request.session.get(_CHOSEN) == str(request.user.pk)


def note_choice(request: HttpRequest) -> None:
    """Remember for as long as this session lasts that the member said: yes, this is me."""
    request.session[_CHOSEN] = str(request.user.pk)


def note_person(request: HttpRequest, response: HttpResponse) -> None:
    """Let the browser remember that its signed-in member used it."""
    mine, people = _digest(request.user), _listed(request)
    if people and people[0] == mine:
        return
    response.set_signed_cookie(
        _cookie_name(),
        ".".join([mine, *(digest for digest in people if digest != mine)][:MAX_PEOPLE]),
        salt=_SALT,
        max_age=_KEPT_FOR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _people(request: HttpRequest) -> frozenset[str]:
    return frozenset(_listed(request))


def _listed(request: HttpRequest) -> list[str]:
    found: str | None = request.get_signed_cookie(_cookie_name(), default=None, salt=_SALT, max_age=_KEPT_FOR)
    return found.split(".") if found else []


def _digest(user: Any) -> str:
    return salted_hmac(_SALT, str(user.pk), algorithm="sha256").hexdigest()[:16]


def _cookie_name() -> str:
    return f"__Host-{_NAME}" if settings.SESSION_COOKIE_SECURE else _NAME

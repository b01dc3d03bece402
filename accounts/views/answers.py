from __future__ import annotations

import math
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.utils.translation import gettext as _

from ..adapters import ask_rate_limit


def error_page(request: HttpRequest, *, title: str, text: str, status: int, **context: Any) -> HttpResponse:
    """Return a page that says what happened and what to do next, with the reference that is in the log."""
    reference = getattr(request, "hearthkey_request_id", "")
    values = {"title": title, "text": text, "request_id": reference, **context}
    response = render(request, "hearthkey/accounts/error.html", values, status=status)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"
    return response


def way_on(request: HttpRequest) -> dict[str, str]:
    """Return where an error page's button leads, and what it says: to the account, or to the sign-in page."""
    if request.user.is_authenticated:
        return {"next_url": resolve_url("hearthkey_accounts:account"), "next_label": _("Go to my account")}
    return {"next_url": resolve_url(settings.LOGIN_URL), "next_label": _("Go to sign in")}


def wait_page(request: HttpRequest, policy: str) -> HttpResponse | None:
    """Return a 429 page when ``policy`` says that this visitor has to wait, else None."""
    wait = ask_rate_limit()(request, policy)
    if wait is None:
        return None
    seconds = max(1, math.ceil(wait))
    response = error_page(
        request,
        title=_("Too many attempts"),
        text=_("Wait %(seconds)d seconds, then try again.") % {"seconds": seconds},
        status=429,
    )
    response.headers["Retry-After"] = str(seconds)
    return response

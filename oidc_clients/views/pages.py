"""What every page of this app for people has in common, and the pages that go on to a client."""

from __future__ import annotations

import math
import secrets
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from ..protocol.authorization import Answer, ResponseMode

# Chromium applies form-action to every redirect that follows a form, and the client may redirect anywhere.
FORM_POST_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'"
)


def page(request: HttpRequest, template: str, context: Mapping[str, Any], *, status: int = 200) -> HttpResponse:
    """A page that a client's popup may show and that nothing may keep."""
    response = render(request, f"hearthkey/oidc_clients/{template}", dict(context), status=status)
    # The page may be in the language that the client asked for, which the middleware doesn't know of.
    response.headers["Content-Language"] = get_language() or settings.LANGUAGE_CODE
    return as_person_answer(response)


def error_page(
    request: HttpRequest, *, title: str, message: str, advice: str, address: str = "", status: int = 400
) -> HttpResponse:
    """Return a page that says what happened and what to do, if there is no client to redirect to.

    :param address: what was sent, for an administrator to compare.
    """
    context = {"title": title, "message": message, "advice": advice, "address": address}
    return page(request, "error.html", context, status=status)


def wait_page(request: HttpRequest, wait: float, *, message: str) -> HttpResponse:
    """Too much was asked from one address; ``wait`` is in seconds."""
    seconds = max(1, math.ceil(wait))
    response = error_page(
        request,
        title=_("Too many attempts"),
        message=message,
        advice=_("Wait %(seconds)d seconds, then try again.") % {"seconds": seconds},
        status=429,
    )
    response.headers["Retry-After"] = str(seconds)
    return response


def redirect(address: str, *, status: int = 302) -> HttpResponse:
    """A redirect to any address that was validated before, custom schemes included."""
    response = HttpResponse(status=status)
    response.headers["Location"] = address
    # The page that may replace this redirect is in the language that the client asked for.
    response.headers["Content-Language"] = get_language() or settings.LANGUAGE_CODE
    response.headers["Referrer-Policy"] = "no-referrer"
    return as_person_answer(response)


def send_answer(request: HttpRequest, answer: Answer) -> HttpResponse:
    """The answer on its way to the client, in the mode it was asked for."""
    if answer.mode is ResponseMode.FORM_POST:
        return _form_post(request, answer)
    return redirect(answer.address)


def _form_post(request: HttpRequest, answer: Answer) -> HttpResponse:
    """A page whose form goes to the client by itself (OAuth 2.0 Form Post Response Mode §2)."""
    # The one script that this page is about, and no other of this origin's.
    nonce = secrets.token_urlsafe(16)
    response = page(request, "form_post.html", {"answer": answer, "nonce": nonce})
    response.headers["Content-Security-Policy"] = f"{FORM_POST_POLICY}; script-src 'nonce-{nonce}'"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def with_way_back(response: HttpResponse, back: str) -> HttpResponse:
    """The redirect to a page of the site's, told where a person goes who turns back there."""
    if location := response.headers.get("Location"):
        response.headers["Location"] = f"{location}{'&' if '?' in location else '?'}{urlencode({'back': back})}"
    return as_person_answer(response)


def as_person_answer(response: HttpResponse) -> HttpResponse:
    """The answer with the headers that all of them carry."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"
    response.headers["X-Frame-Options"] = "DENY"
    # Not `no-referrer`: a form on such a page sends `Origin: null`, which the CSRF check refuses.
    response.headers.setdefault("Referrer-Policy", "same-origin")
    return response

"""The door of the administration: a session in which a passkey was used, and used lately for whatever changes.

Every page asks for the first, every change for the second. The page of a form asks for it too, so that people rarely
meet it with a form filled in; and if they do, what they typed waits on the page that asks.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from . import adapters

_EVER: Final = timedelta(days=36_500)
_LEAST: Final = timedelta(seconds=10)
_SAFE: Final = {"GET", "HEAD", "OPTIONS"}
_FORMS: Final = ("_add", "_change", "_delete")
_FOR_SCRIPTS: Final = {"autocomplete", "jsi18n"}


def window() -> timedelta:
    """Return how old the last use of a passkey may be for a change.

    ``HEARTHKEY_ADMIN_STEP_UP_WINDOW``, a value or a callable; 15 minutes, so that somebody at work is asked a few
    times a day. Never less than ten seconds, or the form that follows a confirmation would ask for another.
    """
    value = settings.HEARTHKEY_ADMIN_STEP_UP_WINDOW
    chosen: timedelta = value() if callable(value) else value
    return max(chosen, _LEAST)


def ask(request: HttpRequest) -> HttpResponse | None:
    """Return None when this operator may go on, else the answer that leads to a passkey."""
    changes = request.method not in _SAFE
    name = (request.resolver_match.url_name if request.resolver_match else None) or ""
    if name == "logout":
        return None
    # A popup that went away to another page would lose the window that waits for it, so it is asked at its POST.
    is_form = name.endswith(_FORMS) and "_popup" not in request.GET
    way = adapters.require_fresh(request, window() if changes or is_form else _EVER)
    if way is None:
        return None
    if name in _FOR_SCRIPTS or _is_for_scripts(request):
        text = _("Please confirm that it is you with one of your passkeys first.")
        return JsonResponse({"error": "step_up_required", "message": text}, status=403)
    if not adapters.has_passkey(request.user):
        heading = reverse("admin:index") if changes else request.get_full_path()
        first = reverse("hearthkey_passkeys:passkey-first")
        return HttpResponseRedirect(f"{first}?{urlencode({'required': 1, 'next': heading})}")
    return _page_that_keeps_the_form(request) if changes else way


def _is_for_scripts(request: HttpRequest) -> bool:
    accepted = request.headers.get("Accept", "")
    return request.content_type == "application/json" or ("json" in accepted and "html" not in accepted)


def _page_that_keeps_the_form(request: HttpRequest) -> HttpResponse:
    """Return a page that asks for a passkey here and then sends the same form again.

    Files can't be put into a page's form, so they are named: they have to be chosen once more.
    """
    typed = [
        (name, value) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken" for value in values
    ]
    files: list[Any] = [upload.name for _name, uploads in request.FILES.lists() for upload in uploads]
    context = {
        **admin.site.each_context(request),
        "title": _("Confirm with a passkey"),
        "typed": typed,
        "files": files,
        "here": request.get_full_path(),
    }
    response = TemplateResponse(request, "admin/step_up.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response

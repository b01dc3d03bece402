"""The one door before whatever is protected: a passkey used lately, in this session, by the member themselves.

Looking asks for less than changing. A change that comes too late loses nothing: what was sent waits on a page that asks
for the passkey and then sends the very same again. A window of zero wants an assertion for each change: the change is
remembered by its digest, and the next assertion counts for it, once.
"""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from accounts.services.change_confirmation import demand_assertion, spend_assertion
from passkeys.core.session_entry import KEY, read_entry
from passkeys.services.register import has_stepped_up
from passkeys.views.destinations import step_up_url

from . import adapters

_EVER: Final = timedelta(days=36_500)
#: Time for a form that is sent by hand after the confirmation.
_ANSWERED_FOR: Final = timedelta(minutes=5)
#: Or a page that leads to the confirmation would lead there again afterwards.
_LEAST_FOR_PAGES: Final = timedelta(seconds=10)
_MARK: Final = "_hearthkey_change_is_confirmed"
_SAFE: Final = {"GET", "HEAD", "OPTIONS"}
_FORMS: Final = ("_add", "_change", "_delete")
_FOR_SCRIPTS: Final = {"autocomplete", "jsi18n"}


def require_fresh(request: HttpRequest, max_age: timedelta) -> HttpResponse | None:
    """Return None when this member may go on, else the answer that leads to a passkey and back.

    :param max_age: how old the last assertion may be; zero wants one for this change alone, and lets people look.
    """
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if _is_confirmed(request, max_age):
        return None
    return _ask_script(request) if _is_for_scripts(request) else _ask_person(request, of_operators=False)


def require_fresh_operator(request: HttpRequest) -> HttpResponse | None:
    """Return None when this operator may go on, else the answer that leads to a passkey.

    Every page of the administration asks for a session in which a passkey was used, every change for one used lately.
    The page of a form asks for that too, so that people rarely meet it with a form filled in.
    """
    name = (request.resolver_match.url_name if request.resolver_match else None) or ""
    if name == "logout":
        return None
    # A popup that went away to another page would lose the window that waits for it, so it is asked at its POST.
    is_form = name.endswith(_FORMS) and "_popup" not in request.GET
    if _is_confirmed(request, operators_window() if _changes(request) or is_form else _EVER):
        return None
    if name in _FOR_SCRIPTS or _is_for_scripts(request):
        return _ask_script(request)
    return _ask_person(request, of_operators=True)


def operators_window() -> timedelta:
    """Return how old the last use of a passkey may be for a change in the administration.

    ``HEARTHKEY_ADMIN_STEP_UP_WINDOW``, a value or a callable; 15 minutes, so that somebody at work is asked a few
    times a day. Zero asks at each change.
    """
    value = settings.HEARTHKEY_ADMIN_STEP_UP_WINDOW
    chosen: timedelta = value() if callable(value) else value
    return chosen


def _is_confirmed(request: HttpRequest, max_age: timedelta) -> bool:
    if getattr(request, _MARK, False):
        return True
    if not _changes(request):
        return _stepped_up(request, max(max_age, _LEAST_FOR_PAGES) if max_age else _EVER)
    held, sid = _demand_of(request)
    change = _digest_of(request) if held or not max_age else ""
    if (
        change
        and change == held
        and _stepped_up(request, _ANSWERED_FOR)
        and spend_assertion(sid=sid, change=change, max_age=_ANSWERED_FOR)
    ):
        # Whoever asks again within this very request gets the same answer.
        setattr(request, _MARK, True)
        return True
    if max_age and _stepped_up(request, max_age):
        return True
    if sid:
        demand_assertion(sid=sid, change=change or _digest_of(request))
    return False


def _stepped_up(request: HttpRequest, max_age: timedelta) -> bool:
    if not request.user.is_authenticated:
        return False
    return has_stepped_up(user=request.user, entry=read_entry(request.session.get(KEY)), max_age=max_age)


def _demand_of(request: HttpRequest) -> tuple[str, str]:
    """Return the digest of the change that waits in this session, and the session's id; each empty where there is none."""
    session: Any = request.session
    return str(getattr(session, "demand", "") or ""), str(getattr(session, "sid", None) or "")


def _digest_of(request: HttpRequest) -> str:
    """Return what tells this change from every other, however often it is sent. Files can't wait, so they don't count."""
    sent: Any = request.body.hex() if request.content_type == "application/json" else _typed(request)
    said = json.dumps([request.method, request.get_full_path(), sent])
    return hashlib.sha256(said.encode()).hexdigest()


def _typed(request: HttpRequest) -> list[tuple[str, str]]:
    return [
        (name, str(value)) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken" for value in values
    ]


def _changes(request: HttpRequest) -> bool:
    return request.method not in _SAFE


def _is_for_scripts(request: HttpRequest) -> bool:
    accepted = request.headers.get("Accept", "")
    return request.content_type == "application/json" or ("json" in accepted and "html" not in accepted)


def _ask_script(request: HttpRequest) -> HttpResponse:
    text = _("Please confirm that it is you with one of your passkeys first.")
    return JsonResponse({"error": "step_up_required", "message": text}, status=403)


def _ask_person(request: HttpRequest, *, of_operators: bool) -> HttpResponse:
    has_passkey = adapters.has_passkey(request.user)
    if _changes(request):
        return _page_that_keeps_the_form(request, has_passkey=has_passkey, of_operators=of_operators)
    if has_passkey:
        return HttpResponseRedirect(step_up_url(request.get_full_path()))
    return HttpResponseRedirect(_enrolment_url(request.get_full_path()))


def _enrolment_url(heading: str) -> str:
    return f"{reverse('hearthkey_passkeys:passkey-first')}?{urlencode({'required': 1, 'next': heading})}"


def _page_that_keeps_the_form(request: HttpRequest, *, has_passkey: bool, of_operators: bool) -> HttpResponse:
    """Return a page that asks for a passkey here and then sends the same form again.

    Where the ceremony does not run on it, the member confirms on another page, or makes their first passkey there, and
    sends it by hand. Files can't be put into a page's form, so they are named: they have to be chosen once more.
    """
    start = reverse("admin:index" if of_operators else "hearthkey_accounts:account")
    context = {
        **(admin.site.each_context(request) if of_operators else {}),
        "layout": "admin/base_site.html" if of_operators else "base.html",
        "of_operators": of_operators,
        "title": _("Confirm with a passkey"),
        "typed": _typed(request),
        "files": [str(upload.name) for _name, uploads in request.FILES.lists() for upload in uploads],
        "here": request.get_full_path(),
        "has_passkey": has_passkey,
        "elsewhere": step_up_url(start) if has_passkey else _enrolment_url(start),
        "back": _page_before(request, start),
    }
    template = "admin/step_up.html" if of_operators else "hearthkey/step_up.html"
    response = TemplateResponse(request, template, context)
    response.headers["Cache-Control"] = "no-store"
    return response


def _page_before(request: HttpRequest, default: str) -> str:
    """Return the page that the form stood on, for who would rather not confirm."""
    before = request.headers.get("Referer", "")
    is_ours = bool(before) and url_has_allowed_host_and_scheme(before, {request.get_host()})
    # Sent by hand from this very page, a form stood where nothing is to be seen.
    return before if is_ours and urlsplit(before).path != request.path else default

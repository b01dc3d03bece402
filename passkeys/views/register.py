"""The ceremony that adds a passkey, the page that offers the first one, and what follows.

A session that no passkey began ends when one is enrolled in it: the new passkey's first use, in the same flow, begins a
session of its own. Whoever had the code, and perhaps still has the session's cookie, has nothing of that.
"""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from .. import adapters
from ..backends import backend_path
from ..core.session_entry import KEY
from ..exceptions import StepUpRequired
from ..services.assertions import begin_enrolled, finish_enrolled
from ..services.register import begin_registration, finish_registration, has_passkey, is_spent, may_enrol_here
from .destinations import safe_page, wanted_page
from .exchange import (
    Body,
    begin_answer,
    begun_json,
    browser_of,
    ceremony_endpoint,
    member,
    read_answer,
    session_entry,
)
from .step_up import ask_fresh


@never_cache
@require_safe
@ensure_csrf_cookie
@login_required
def passkey_first(request: HttpRequest) -> HttpResponse:
    destination = safe_page(request, wanted_page(request))
    user, entry = member(request), session_entry(request)
    has_one = has_passkey(user=user)
    if has_one and (is_spent(entry) or not may_enrol_here(user=user, entry=entry)):
        return HttpResponseRedirect(destination)
    context = {
        "next": destination,
        "has_passkey": has_one,
        "asks_again": "skip" in request.GET,
        # A page that opens with a passkey only led here: without one there is no going on to it.
        "is_required": "required" in request.GET,
        "elsewhere": safe_page(request, ""),
    }
    response = render(request, "hearthkey/passkeys/passkey_first.html", context)
    # Who makes an account on the way to a client may be in the client's own popup.
    response["Cross-Origin-Opener-Policy"] = "unsafe-none"
    return response


@ceremony_endpoint
def add_options(request: HttpRequest, body: Body) -> JsonResponse:
    user = member(request)
    entry = session_entry(request)
    needs_passkey = has_passkey(user=user) and not may_enrol_here(user=user, entry=entry)
    if needs_passkey and ask_fresh(request) is not None:
        raise StepUpRequired("no assertion in this session lately")
    return begin_answer(request, lambda browser: begin_registration(user=user, entry=entry, browser=browser))


@ceremony_endpoint
def add_verify(request: HttpRequest, body: Body) -> JsonResponse:
    user, entry, browser = member(request), session_entry(request), browser_of(request)
    token, credential = read_answer(body)
    passkey = finish_registration(user=user, entry=entry, browser=browser, token=token, credential=credential)
    answer: Body = {"next": safe_page(request, body.get("next")), "name": passkey.name}
    if entry is not None and not entry.is_of_passkey:
        logout(request)
        answer["firstUse"] = begun_json(begin_enrolled(passkey=passkey, browser=browser))
    return JsonResponse(answer, status=201)


@ceremony_endpoint
def add_confirm(request: HttpRequest, body: Body) -> JsonResponse:
    """Begin the session of a passkey that was enrolled a moment ago."""
    token, credential = read_answer(body)
    asserted = finish_enrolled(browser=browser_of(request), token=token, credential=credential)
    login(request, asserted.user, backend=backend_path())
    request.session[KEY] = asserted.entry.to_session()
    # Whether there are other sessions is known once this one is stored, so it is asked there.
    heading = urlencode({"next": safe_page(request, body.get("next"))})
    return JsonResponse({"next": f"{reverse('hearthkey_passkeys:passkey-added')}?{heading}"})


@never_cache
@require_safe
@login_required
def passkey_added(request: HttpRequest) -> HttpResponse:
    """Offer to end the member's other sessions, one of which may be why they needed another way in, or lead on."""
    destination = safe_page(request, wanted_page(request))
    url = adapters.ask_other_sessions_url()(request)
    if url is None:
        return HttpResponseRedirect(destination)
    context = {"next": destination, "other_sessions_url": url}
    return render(request, "hearthkey/passkeys/passkey_added.html", context)

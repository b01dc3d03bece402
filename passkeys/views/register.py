"""The ceremony that adds a passkey, and the page that offers the first one."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from ..models import Passkey
from ..services.register import begin_registration, finish_registration
from .destinations import safe_page, wanted_page
from .exchange import (
    Body,
    begin_answer,
    browser_of,
    ceremony_endpoint,
    member,
    read_answer,
    session_entry,
)


@never_cache
@require_safe
@ensure_csrf_cookie
@login_required
def passkey_first(request: HttpRequest) -> HttpResponse:
    destination = safe_page(request, wanted_page(request))
    if Passkey.objects.usable().filter(user_id=member(request).pk).exists():
        return HttpResponseRedirect(destination)
    context = {
        "next": destination,
        "asks_again": "skip" in request.GET,
        # A page that opens with a passkey only led here: without one there is no going on to it.
        "is_required": "required" in request.GET,
        "elsewhere": safe_page(request, ""),
    }
    return render(request, "hearthkey/passkeys/passkey_first.html", context)


@ceremony_endpoint
def add_options(request: HttpRequest, body: Body) -> JsonResponse:
    user = member(request)
    entry = session_entry(request)
    return begin_answer(request, lambda browser: begin_registration(user=user, entry=entry, browser=browser))


@ceremony_endpoint
def add_verify(request: HttpRequest, body: Body) -> JsonResponse:
    user = member(request)
    token, credential = read_answer(body)
    passkey = finish_registration(
        user=user,
        entry=session_entry(request),
        browser=browser_of(request),
        token=token,
        credential=credential,
    )
    return JsonResponse({"next": safe_page(request, body.get("next")), "name": passkey.name}, status=201)

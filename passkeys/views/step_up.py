"""The page on which a signed-in member confirms with a passkey that it is still them."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from .. import adapters, conf
from ..core.session_entry import KEY
from ..models import Passkey
from ..services.assertions import begin_step_up, finish_step_up
from ..services.register import has_stepped_up
from ..services.texts import ceremony_texts
from .destinations import safe_page, step_up_url, wanted_page
from .exchange import (
    Body,
    begin_answer,
    browser_of,
    ceremony_endpoint,
    limit,
    member,
    read_answer,
    session_entry,
)

#: What leads to a confirmation must not lead there again right after it.
_WAY_BACK: Final = timedelta(seconds=10)


@never_cache
@require_safe
@ensure_csrf_cookie
@login_required
def step_up(request: HttpRequest) -> HttpResponse:
    back = request.GET.get("back")
    context = {
        "next": safe_page(request, wanted_page(request)),
        # A page that led here may know better than this one what turning back means, and who else it could be.
        "back": safe_page(request, back, reverse("hearthkey_passkeys:passkey-list")),
        "asks_who": back is not None,
        "options_url": reverse("hearthkey_passkeys:step-up-options"),
        "verify_url": reverse("hearthkey_passkeys:step-up-verify"),
        "texts": ceremony_texts(),
        "address": conf.origins()[0],
        "has_passkey": Passkey.objects.usable().filter(user_id=member(request).pk).exists(),
    }
    response = render(request, "hearthkey/passkeys/step_up.html", context)
    response["Cross-Origin-Opener-Policy"] = "unsafe-none"
    return response


@ceremony_endpoint
def step_up_options(request: HttpRequest, body: Body) -> JsonResponse:
    user = member(request)
    limit(request, "step-up")
    return begin_answer(request, lambda browser: begin_step_up(user=user, browser=browser))


@ceremony_endpoint
def step_up_verify(request: HttpRequest, body: Body) -> JsonResponse:
    user = member(request)
    token, credential = read_answer(body)
    asserted = finish_step_up(user=user, browser=browser_of(request), token=token, credential=credential)
    request.session.cycle_key()
    request.session[KEY] = asserted.entry.to_session()
    return JsonResponse({"next": safe_page(request, body.get("next"))})


def ask_fresh(request: HttpRequest) -> HttpResponse | None:
    """Return ``None`` when this member used a passkey within ``STEP_UP_WINDOW``, else the site's way to one."""
    ask = adapters.ask_require_fresh()
    if ask is not None:
        return ask(request, conf.step_up_window())
    return require_fresh(request, max(conf.step_up_window(), _WAY_BACK))


def require_fresh(request: HttpRequest, max_age: timedelta) -> HttpResponse | None:
    """Return ``None`` when this member used a passkey in this session at most ``max_age`` ago.

    Otherwise return the redirect to the page that asks for one and then leads back here. A request that changes
    something leads back to the same address by GET, so its view must answer that too.
    """
    user = request.user
    if user.is_authenticated and has_stepped_up(user=user, entry=session_entry(request), max_age=max_age):
        return None
    return HttpResponseRedirect(step_up_url(request.get_full_path()))

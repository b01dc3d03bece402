"""The sign-in page and its ceremony."""

from __future__ import annotations

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from .. import conf
from ..backends import backend_path
from ..core.session_entry import KEY
from ..services.assertions import begin_sign_in, finish_sign_in
from ..services.texts import ceremony_texts
from .destinations import safe_page, wanted_page
from .exchange import Body, begin_answer, browser_of, ceremony_endpoint, limit, read_answer


@never_cache
@require_safe
@ensure_csrf_cookie
def sign_in(request: HttpRequest) -> HttpResponse:
    destination = safe_page(request, wanted_page(request))
    if request.user.is_authenticated:
        return HttpResponseRedirect(destination)
    context = {
        "next": destination,
        "options_url": reverse("hearthkey_passkeys:sign-in-options"),
        "verify_url": reverse("hearthkey_passkeys:sign-in-verify"),
        "texts": ceremony_texts(),
        "address": conf.origins()[0],
    }
    response = render(request, "hearthkey/passkeys/sign_in.html", context)
    response["Cross-Origin-Opener-Policy"] = "unsafe-none"
    return response


@ceremony_endpoint
def sign_in_options(request: HttpRequest, body: Body) -> JsonResponse:
    # One limit covers both calls: an answer needs a ceremony, and only this call gives one out.
    limit(request, "sign-in")
    return begin_answer(request, lambda browser: begin_sign_in(browser=browser))


@ceremony_endpoint
def sign_in_verify(request: HttpRequest, body: Body) -> JsonResponse:
    token, credential = read_answer(body)
    asserted = finish_sign_in(browser=browser_of(request), token=token, credential=credential)
    login(request, asserted.user, backend=backend_path())
    request.session[KEY] = asserted.entry.to_session()
    return JsonResponse({"next": safe_page(request, body.get("next"))})

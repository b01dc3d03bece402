"""Asking for a sign-in code by mail, where the operator allows that."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods

from ..adapters import ask_request_origin
from ..forms import CodeRequestForm
from ..services import code_requests
from .answers import wait_page
from .code_cookie import keep_browser, secret_to_ask_with
from .destinations import wanted_page, with_next

_POLICY = "mail-code"


@never_cache
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def code_request(request: HttpRequest) -> HttpResponse:
    if not code_requests.is_offered():
        raise Http404
    form = CodeRequestForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        response = _form_page(request, form)
    else:
        response = wait_page(request, _POLICY) or _request(request, form.cleaned_data["email"])
    # A client's own popup may have led here by way of the sign-in page.
    response.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"
    return response


def _request(request: HttpRequest, address: str) -> HttpResponse:
    """Answer everybody alike: nothing here knows whether the address is a member's."""
    browser = secret_to_ask_with(request)
    from_address, agent = ask_request_origin()(request)
    code_requests.request_code(address=address, browser=browser, from_address=from_address, user_agent=agent)
    wanted = wanted_page(request)
    context = {
        "address": address,
        "minutes": int(code_requests.LIFETIME.total_seconds() // 60),
        "next": wanted,
        "again_url": with_next("hearthkey_accounts:code-request", wanted),
    }
    response = render(request, "hearthkey/accounts/code_requested.html", context)
    keep_browser(response, browser)
    return response


def _form_page(request: HttpRequest, form: CodeRequestForm) -> HttpResponse:
    wanted = wanted_page(request)
    context = {"form": form, "next": wanted, "back_url": with_next("hearthkey_accounts:other-ways", wanted)}
    status = 400 if form.is_bound else 200
    return render(request, "hearthkey/accounts/code_request.html", context, status=status)

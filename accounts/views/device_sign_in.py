"""*Use another device*: the page of the browser that wants to sign in and waits to be approved on another one.

Opening it makes nothing: a page that is only fetched ahead must not. Its script, or a button, then asks for a code.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_POST

from .. import conf
from ..adapters import ask_request_origin
from ..models import SignInRequest
from ..services import sign_in_requests
from ..services.qr_codes import QrCode
from ..services.sign_in_requests import PickedUp, Waiting
from ..services.sign_in_requests_codes import new_secret, shown_code
from .answers import error_page, wait_page, way_on
from .beginning import begin_session
from .destinations import wanted_page, with_next
from .device_sign_in_cookie import forget_secret, keep_secret, read_secret

RATE_LIMIT: Final = "device-sign-in"

View = Callable[..., HttpResponse]


def while_switched_on(view: View) -> View:
    """Explain that there is no such thing where it is switched off, and end whatever waits."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if conf.other_device():
            response = view(request, *args, **kwargs)
        else:
            sign_in_requests.close_all()
            response = error_page(
                request,
                title=_("Sign-in from another device is disabled"),
                text=_("Sign in with your passkey here, or ask your administrator for a code."),
                status=404,
                **way_on(request),
            )
        response.headers["Cache-Control"] = "no-store"
        # An app's popup may show it, as it may show the sign-in page.
        response.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"
        return response

    return wrapped


@while_switched_on
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def device_sign_in(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect(_destination(request))
    secret = read_secret(request)
    if request.method == "POST":
        return _start(request, secret)
    found = sign_in_requests.find_request(secret=secret)
    if found is not None:
        return _state_page(request, found)
    response = _page(request, "begin.html", {})
    # A cookie that stands for nothing may be known to whoever sat here before.
    keep_secret(response, new_secret())
    return response


@while_switched_on
@csrf_protect
@require_POST
def go_on(request: HttpRequest) -> HttpResponse:
    """How far it is, and once it is approved, the sign-in itself. Asked again and again, by the script or by hand."""
    destination = _destination(request)
    if request.user.is_authenticated:
        return _signed_in(request, destination)
    secret = read_secret(request)
    # Looked at first: whoever only waits, and asks every few seconds, takes no lock that others wait for.
    found = sign_in_requests.find_request(secret=secret)
    if found is not None and found.status == SignInRequest.Status.APPROVED:
        picked_up = sign_in_requests.pick_up(secret=secret)
        if picked_up is not None:
            _begin(request, picked_up)
            return _signed_in(request, destination)
        found = sign_in_requests.find_request(secret=secret)
    if _is_for_script(request):
        return JsonResponse({"state": found.status if found is not None else SignInRequest.Status.EXPIRED})
    if found is None:
        return redirect(_here(request))
    return _state_page(request, found, is_early=True)


@while_switched_on
@csrf_protect
@require_POST
def cancel(request: HttpRequest) -> HttpResponse:
    sign_in_requests.cancel_request(secret=read_secret(request))
    response = redirect(with_next(settings.LOGIN_URL, wanted_page(request)))
    forget_secret(response)
    return response


def _start(request: HttpRequest, secret: str) -> HttpResponse:
    waiting = wait_page(request, RATE_LIMIT)
    if waiting is not None:
        return waiting
    address, agent = ask_request_origin()(request)
    started = sign_in_requests.start_request(secret=secret, address=address, user_agent=agent)
    response = redirect(_here(request))
    keep_secret(response, started.secret)
    return response


def _begin(request: HttpRequest, picked_up: PickedUp) -> None:
    if not request.session.is_empty():
        logout(request)
    source = "device_mine" if picked_up.is_mine else "device"
    lifetime = conf.once_session_lifetime() if picked_up.is_once else conf.device_session_lifetime()
    begin_session(request, picked_up.user, method="device", source=source, lifetime=lifetime)
    # With the passkey that approved it goes this session, too.
    request.session["hearthkey_auth"] = {**request.session["hearthkey_auth"], "passkey": picked_up.passkey or None}


def _signed_in(request: HttpRequest, destination: str) -> HttpResponse:
    response: HttpResponse
    if _is_for_script(request):
        response = JsonResponse({"state": "signed_in", "next": destination})
    else:
        response = redirect(destination)
    forget_secret(response)
    return response


def _state_page(request: HttpRequest, found: Waiting, *, is_early: bool = False) -> HttpResponse:
    if not found.is_live:
        response = _page(request, "over.html", {"status": str(found.status)})
        # The next one is not for whoever knows the secret of this one.
        keep_secret(response, new_secret())
        return response
    link = _absolute(request, reverse("hearthkey_accounts:device-sign-in-question", args=[found.link]))
    context = {
        "code": shown_code(found.code),
        "picture": QrCode(link),
        "typing_page": _typing_page(request),
        "is_early": is_early,
        "minutes": -(-found.seconds // 60),
    }
    return _page(request, "waiting.html", context)


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    wanted = wanted_page(request)
    values = {
        "next": wanted,
        "page_url": with_next("hearthkey_accounts:device-sign-in", wanted),
        "sign_in_url": with_next(settings.LOGIN_URL, wanted),
        **context,
    }
    return render(request, f"hearthkey/accounts/device_sign_in/{template}", values)


def _typing_page(request: HttpRequest) -> str:
    page = conf.device_code_page()
    if not page:
        return ""
    try:
        return _absolute(request, resolve_url(page))
    except NoReverseMatch:
        return ""


def _absolute(request: HttpRequest, path: str) -> str:
    return f"{conf.base_url()}{path}" if conf.base_url() else request.build_absolute_uri(path)


def _destination(request: HttpRequest) -> str:
    """Return where the person was heading, else the site's usual page."""
    return wanted_page(request) or resolve_url(settings.LOGIN_REDIRECT_URL)


def _here(request: HttpRequest) -> str:
    return with_next("hearthkey_accounts:device-sign-in", wanted_page(request))


def _is_for_script(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")

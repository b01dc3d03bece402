from __future__ import annotations

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from .. import conf
from ..exceptions import LoginCodeInvalid
from ..services import codes
from .answers import error_page, wait_page, way_on
from .beginning import begin_session


def other_ways_url() -> str:
    """Return the address of the sign-in page."""
    return resolve_url(settings.LOGIN_URL)


@never_cache
@require_safe
def to_sign_in(request: HttpRequest) -> HttpResponse:
    return redirect(other_ways_url())


@never_cache
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def login_code(request: HttpRequest, token: str) -> HttpResponse:
    waiting = wait_page(request, "one-time-code")
    response = waiting or (_sign_in(request, token) if request.method == "POST" else _ask(request, token))
    # The address is the credential: no Referer may carry its path. `no-referrer` would do so too, but makes browsers
    # send `Origin: null` with the form, which the CSRF check rightly refuses.
    response.headers["Referrer-Policy"] = "strict-origin"
    response.headers["Cache-Control"] = "no-store"
    return response


def _ask(request: HttpRequest, token: str) -> HttpResponse:
    owner = codes.find_code_owner(token=token)
    if owner is None:
        return _invalid(request)
    other = request.user if request.user.is_authenticated and request.user.pk != owner.pk else None
    return render(request, "hearthkey/accounts/login_code.html", {"owner": owner, "other": other})


def _sign_in(request: HttpRequest, token: str) -> HttpResponse:
    try:
        user = codes.use_code(token=token)
    except LoginCodeInvalid:
        return _invalid(request)
    if request.user.is_authenticated:
        # Nothing of the session before, another member's or the same one's, goes over into this one.
        logout(request)
    begin_session(request, user, method="code")
    return redirect(conf.home_url())


def _invalid(request: HttpRequest) -> HttpResponse:
    error = LoginCodeInvalid()
    return error_page(
        request,
        title=str(error.message),
        text=_("Ask whoever sent it for a new one, or sign in with your passkey."),
        status=error.status,
        **way_on(request),
    )

from __future__ import annotations

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods

from .. import conf
from ..exceptions import AccountsError, CodesPaused, LoginCodeInvalid, OtherBrowser, WrongCode
from ..services import code_requests, code_use
from .answers import error_page, wait_page, way_on
from .beginning import begin_session
from .code_cookie import forget_browser, read_browser
from .destinations import wanted_page, with_next

_POLICY = "one-time-code"


@never_cache
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def login_code(request: HttpRequest, token: str) -> HttpResponse:
    waiting = wait_page(request, _POLICY)
    return _closed(waiting or (_sign_in(request, token) if request.method == "POST" else _ask(request, token)))


@never_cache
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def enter_code(request: HttpRequest) -> HttpResponse:
    """The page for a code to type. Looking at it is free, an entry costs one of the few that an address has."""
    if request.method != "POST":
        return _closed(_entry_page(request))
    return _closed(wait_page(request, _POLICY) or _enter(request))


def _closed(response: HttpResponse) -> HttpResponse:
    # The address may be the credential: no Referer may carry its path. `no-referrer` would do so too, but makes browsers
    # send `Origin: null` with the form, which the CSRF check rightly refuses.
    response.headers["Referrer-Policy"] = "strict-origin"
    response.headers["Cache-Control"] = "no-store"
    # A client's own popup may have led here by way of the sign-in page.
    response.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"
    return response


def _ask(request: HttpRequest, token: str) -> HttpResponse:
    try:
        owner = code_use.find_code_owner(token=token, browser=read_browser(request))
    except OtherBrowser as error:
        return _other_browser(request, error)
    if owner is None:
        return _invalid(request)
    here = request.user if request.user.is_authenticated else None
    other = here if here is not None and here.pk != owner.pk else None
    context = {"owner": owner, "other": other, "is_here_already": here is not None and other is None}
    return render(request, "hearthkey/accounts/login_code.html", context)


def _sign_in(request: HttpRequest, token: str) -> HttpResponse:
    try:
        used = code_use.use_code(token=token, browser=read_browser(request))
    except LoginCodeInvalid:
        return _invalid(request)
    except OtherBrowser as error:
        return _other_browser(request, error)
    return _begin(request, used)


def _enter(request: HttpRequest) -> HttpResponse:
    try:
        used = code_use.enter_code(typed=request.POST.get("code", ""), browser=read_browser(request))
    except WrongCode as error:
        return _entry_page(request, error, _("Check it again. Codes don't contain 0, O, 1, I or L."))
    except CodesPaused as error:
        text = ngettext(
            "Wait %(seconds)d second, then try again, or open the link that came with the code.",
            "Wait %(seconds)d seconds, then try again, or open the link that came with the code.",
            error.seconds,
        )
        response = _entry_page(request, error, text % {"seconds": error.seconds})
        response.headers["Retry-After"] = str(error.seconds)
        return response
    return _begin(request, used)


def _begin(request: HttpRequest, used: code_use.UsedCode) -> HttpResponse:
    destination = wanted_page(request)
    if request.user.is_authenticated:
        # Nothing of the session before, another member's or the same one's, goes over into this one.
        logout(request)
    begin_session(request, used.user, method="code", source=used.source)
    response = redirect(destination or conf.home_url())
    forget_browser(response)
    return response


def _entry_page(request: HttpRequest, error: AccountsError | None = None, advice: str = "") -> HttpResponse:
    wanted = wanted_page(request)
    context = {
        "error": error.message if error is not None else "",
        "advice": advice,
        "typed": request.POST.get("code", "")[:40] if error is not None else "",
        "next": wanted,
        "other": request.user if request.user.is_authenticated else None,
        "request_url": with_next("hearthkey_accounts:code-request", wanted) if code_requests.is_offered() else "",
        "back_url": with_next("hearthkey_accounts:other-ways", wanted),
    }
    status = error.status if error is not None else 200
    return render(request, "hearthkey/accounts/code_entry.html", context, status=status)


def _invalid(request: HttpRequest) -> HttpResponse:
    error = LoginCodeInvalid()
    return error_page(
        request,
        title=str(error.message),
        text=_("Ask for a new one, or sign in with your passkey."),
        status=error.status,
        **way_on(request),
    )


def _other_browser(request: HttpRequest, error: OtherBrowser) -> HttpResponse:
    return error_page(
        request,
        title=str(error.message),
        text=_("Go back to the browser where you requested it, and open the link or enter the code there."),
        status=error.status,
    )

"""The end-session endpoint (OpenID Connect RP-Initiated Logout §2)."""

from __future__ import annotations

import logging
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST

from .. import adapters
from ..exceptions import LogoutRefused
from ..protocol.parameters import parse_parameters
from ..services.client_sessions import sign_out_session
from ..services.end_session import LogoutRequest, keep, keep_refusal, kept, understand
from .pages import page, redirect
from .steps import logo_of

logger = logging.getLogger(__name__)

#: The query parameter that brings a posted request back as a GET, which the session cookie comes along with.
_KEPT = "request"


# Another site's form may post a request here; nobody is signed out by it but who holds an ID token of this session.
@csrf_exempt
@require_http_methods(["GET", "POST"])
def end_session(request: HttpRequest) -> HttpResponse:
    sent = request.POST if request.method == "POST" else request.GET
    try:
        is_kept = request.method == "GET" and _KEPT in sent
        asked = kept(sent[_KEPT]) if is_kept else understand(parse_parameters(sent.lists()))
    except LogoutRefused as error:
        if request.method == "POST" and not request.user.is_authenticated:
            return _back(keep_refusal(error))
        return _refused(request, error)
    if not request.user.is_authenticated:
        return _back(keep(asked)) if request.method == "POST" else _gone_on(request, asked)
    if asked.is_about(sub=_sub_of(request), sid=_sid_of(request)):
        _sign_out(request, asked)
        return _gone_on(request, asked)
    return _confirmation(request, asked)


@csrf_protect
@require_POST
def confirm(request: HttpRequest) -> HttpResponse:
    """*Sign out*, pressed by the person themselves."""
    try:
        asked = kept(request.POST.get(_KEPT, ""))
    except LogoutRefused as error:
        return _refused(request, error)
    if request.user.is_authenticated:
        _sign_out(request, asked)
    return _gone_on(request, asked)


def _sign_out(request: HttpRequest, asked: LogoutRequest) -> None:
    """End this browser's session, and the hint's own one if it is theirs: it may be an earlier one, or in another browser."""
    member, sid, hint = request.user, _sid_of(request), asked.hint
    named = hint.sid if hint is not None and hint.sub == _sub_of(request) else ""
    if named and named != sid:
        adapters.get_end_session()(member, named)
        sign_out_session(sid=named)
    # The session goes before what its clients have, each in a transaction of its own: an authorization holds the
    # session first and writes at the client afterwards, and two who go opposite ways would wait for each other.
    logout(request)
    sign_out_session(sid=sid)


def _back(signed: str) -> HttpResponse:
    """Redirect to the same endpoint: the session cookie isn't sent with another site's form, but it is with a GET."""
    address = reverse("hearthkey_oidc_clients:end-session")
    return redirect(f"{address}?{urlencode({_KEPT: signed})}", status=303)


def _gone_on(request: HttpRequest, asked: LogoutRequest) -> HttpResponse:
    if asked.address is None:
        return page(request, "signed_out.html", {"client": asked.client})
    return redirect(asked.address)


def _confirmation(request: HttpRequest, asked: LogoutRequest) -> HttpResponse:
    context = {
        "client": asked.client,
        "logo": None if asked.client is None else logo_of(asked.client),
        "member_name": request.user.get_username(),
        "kept": keep(asked),
        "back": asked.address or resolve_url(settings.LOGIN_REDIRECT_URL),
    }
    return page(request, "sign_out.html", context)


def _refused(request: HttpRequest, error: LogoutRefused) -> HttpResponse:
    """Say why, and offer to sign out here. The form carries an empty request, so it leads to no address."""
    logger.warning("A logout request was refused: %s", error.message)
    context = {
        "reason": error.message,
        "member_name": request.user.get_username(),
        "kept": keep(LogoutRequest()),
        "back": resolve_url(settings.LOGIN_REDIRECT_URL),
    }
    return page(request, "sign_out_refused.html", context, status=error.status)


def _sub_of(request: HttpRequest) -> str:
    return adapters.get_claims()(request.user, scopes=frozenset()).sub


def _sid_of(request: HttpRequest) -> str:
    return adapters.get_authentication()(request).sid

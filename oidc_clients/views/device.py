"""The page where a person types a device's code, and answers whether it may sign in as them (RFC 8628 §3.3).

Whatever the address carries, a GET changes nothing. The code goes along from page to page, so none of them needs to be
remembered; what it opens is for the member alone who typed it first.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Final
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_deny
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from .. import adapters, conf
from ..exceptions import UserCodeUnknown
from ..models import DeviceGrant
from ..protocol.user_code import is_sign_in_code, read_user_code, shown_user_code
from ..services.access import may_use_client
from ..services.device_grants import (
    approve_device_grant,
    check_access,
    claim_device_grant,
    find_device_grant,
    is_waiting,
    refuse_device_grant,
    release_device_grant,
)
from .device_pages import confirm_page, denied_page, enter_page, result_page
from .pages import redirect, wait_page, with_way_back

RATE_LIMIT: Final = "one-time-code"

Decision = Callable[[HttpRequest, DeviceGrant, str], HttpResponse]


@xframe_options_deny
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def enter_code(request: HttpRequest) -> HttpResponse:
    typed = _typed(request)
    if not request.user.is_authenticated:
        return _to_sign_in("device", typed)
    if request.method != "POST":
        return enter_page(request, code=_shown(typed))
    # Right codes count as well: nobody may learn from the lack of a limit that a guess was right.
    wait = adapters.get_rate_limit()(request, RATE_LIMIT)
    if wait is not None:
        return wait_page(request, wait, message=_("Too many codes were entered from here."))
    if is_sign_in_code(typed):
        answer = adapters.get_sign_in_code()(request, typed)
        return enter_page(request, code="", is_unknown=True) if answer is None else answer
    try:
        grant = claim_device_grant(user=request.user, user_code=typed)
    except UserCodeUnknown:
        return enter_page(request, code=_shown(typed) or _to_correct(typed), is_unknown=True)
    if is_waiting(grant) and not check_access(grant=grant, user=request.user):
        return denied_page(request, grant)
    return redirect(_address("device-confirm", typed), status=303)


@xframe_options_deny
@require_safe
def confirm_device(request: HttpRequest) -> HttpResponse:
    """What is asked, or, once it was answered, what became of it."""
    typed = _typed(request)
    if not request.user.is_authenticated:
        return _to_sign_in("device-confirm", typed)
    try:
        grant = find_device_grant(user=request.user, user_code=typed)
    except UserCodeUnknown:
        return enter_page(request, code=_shown(typed), is_unknown=True)
    if grant.status == DeviceGrant.DENIED and not may_use_client(user=request.user, client=grant.client):
        return denied_page(request, grant)
    if not is_waiting(grant):
        return result_page(request, grant)
    needs_passkey = _fresh_passkey(request, grant) is not None
    return confirm_page(request, grant, code=_shown(typed), needs_passkey=needs_passkey)


@xframe_options_deny
@require_safe
def prove_passkey(request: HttpRequest) -> HttpResponse:
    """To the site's page that asks for a passkey, and from there back to the question."""
    typed = _typed(request)
    with contextlib.suppress(UserCodeUnknown):
        if request.user.is_authenticated:
            asked = _fresh_passkey(request, find_device_grant(user=request.user, user_code=typed))
            if asked is not None:
                return with_way_back(asked, _address("device-confirm", typed))
    return redirect(_address("device-confirm", typed), status=303)


def _of_its_member(view: Decision) -> Callable[[HttpRequest], HttpResponse]:
    """A button on the confirm page: it acts on what its member still may answer, and anything else is shown instead."""

    @xframe_options_deny
    @csrf_protect
    @require_POST
    @wraps(view)
    def wrapped(request: HttpRequest) -> HttpResponse:
        typed = _typed(request)
        if not request.user.is_authenticated:
            return _to_sign_in("device-confirm", typed)
        try:
            grant = find_device_grant(user=request.user, user_code=typed)
        except UserCodeUnknown:
            return enter_page(request, code=_shown(typed), is_unknown=True)
        if is_waiting(grant):
            return view(request, grant, typed)
        return redirect(_address("device-confirm", typed), status=303)

    return wrapped


@_of_its_member
def approve_device(request: HttpRequest, grant: DeviceGrant, typed: str) -> HttpResponse:
    """*Approve*. Access and freshness are checked anew: the page may be older than what it stands for."""
    if not check_access(grant=grant, user=request.user):
        return denied_page(request, grant)
    if _fresh_passkey(request, grant) is not None:
        return redirect(_address("device-passkey", typed), status=303)
    approve_device_grant(grant=grant, user=request.user, authentication=adapters.get_authentication()(request))
    return redirect(_address("device-confirm", typed), status=303)


@_of_its_member
def refuse_device(request: HttpRequest, grant: DeviceGrant, typed: str) -> HttpResponse:
    """*Refuse*. The device hears of it and does not hang."""
    refuse_device_grant(grant=grant, user=request.user)
    return redirect(_address("device-confirm", typed), status=303)


@xframe_options_deny
@csrf_protect
@require_POST
def switch_member(request: HttpRequest) -> HttpResponse:
    """*Not you?* The code is for whoever signs in next and types it."""
    typed = _typed(request)
    if request.user.is_authenticated:
        release_device_grant(user=request.user, user_code=typed)
        logout(request)
    return _to_sign_in("device", typed)


def _fresh_passkey(request: HttpRequest, grant: DeviceGrant) -> HttpResponse | None:
    """Where the member proves a passkey for a client that demands it, None where there is nothing to prove.

    Fresh is what was proved since the device asked, or shortly before.
    """
    if not grant.client.requires_fresh_passkey:
        return None
    earliest = grant.created_at.timestamp() - conf.fresh_window().total_seconds()
    return adapters.get_require_fresh()(request, timedelta(seconds=max(0.0, time.time() - earliest)))


def _typed(request: HttpRequest) -> str:
    sent = request.POST if request.method == "POST" else request.GET
    return sent.get("user_code", "")


def _shown(typed: str) -> str:
    """A code as it is shown; empty for what can't be one, so that a link puts no words of its own on this page."""
    code = read_user_code(typed)
    return "" if code is None else shown_user_code(code)


def _to_correct(posted: str) -> str:
    """What somebody typed into the page's own form and that can't be a code, for them to see what is wrong with it."""
    return "".join(character for character in posted[:64] if character.isprintable())


def _address(name: str, typed: str) -> str:
    query = f"?{urlencode({'user_code': code})}" if (code := _shown(typed)) else ""
    return reverse(f"hearthkey_oidc_clients:{name}") + query


def _to_sign_in(name: str, typed: str) -> HttpResponse:
    """The site's sign-in page, which leads back to this page with its code."""
    sign_in = resolve_url(settings.LOGIN_URL)
    separator = "&" if "?" in sign_in else "?"
    return redirect(f"{sign_in}{separator}{urlencode({'next': _address(name, typed)})}", status=303)

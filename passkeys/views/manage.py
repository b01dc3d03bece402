"""The member's own passkeys: list, rename, remove."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect, ensure_csrf_cookie
from django.views.decorators.http import require_http_methods, require_safe

from .. import adapters, conf
from ..exceptions import BadRequest, PasskeyError, StepUpRequired
from ..forms import RenameForm
from ..services.manage import find_passkey, remove_own_passkey, rename_passkey
from .destinations import safe_page, step_up_url, wanted_page
from .exchange import member, session_entry
from .step_up import ask_fresh

PageView = Callable[[HttpRequest, uuid.UUID], HttpResponse]


def refusals_as_pages(view: PageView) -> PageView:
    """Show a ``PasskeyError`` as a page that says what to do next."""

    @wraps(view)
    def page(request: HttpRequest, passkey_id: uuid.UUID) -> HttpResponse:
        try:
            return view(request, passkey_id)
        except PasskeyError as error:
            context = {"message": error.message, "back": reverse("hearthkey_passkeys:passkey-list")}
            return render(request, "hearthkey/passkeys/error.html", context, status=error.status)

    return page


@never_cache
@require_safe
@ensure_csrf_cookie
@login_required
def passkey_list(request: HttpRequest) -> HttpResponse:
    return render(request, "hearthkey/passkeys/passkey_list.html", {})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@csrf_protect
@login_required
@refusals_as_pages
def passkey_rename(request: HttpRequest, passkey_id: uuid.UUID) -> HttpResponse:
    """Rename it on a POST. A GET is the way back of somebody who had to sign in first, and leads to the list."""
    if request.method != "POST":
        return HttpResponseRedirect(_back(request))
    form = RenameForm(request.POST)
    if not form.is_valid():
        raise BadRequest(f"rename form: {form.errors.as_json()}")
    rename_passkey(user=member(request), passkey_id=passkey_id, name=form.cleaned_data["name"])
    return HttpResponseRedirect(_back(request))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@csrf_protect
@login_required
@refusals_as_pages
def passkey_remove(request: HttpRequest, passkey_id: uuid.UUID) -> HttpResponse:
    if request.method != "POST":
        passkey = find_passkey(user=member(request), passkey_id=passkey_id)
        redirect = ask_fresh(request)
        entry = session_entry(request)
        is_current = entry is not None and entry.passkey == str(passkey.pk)
        context = {"passkey": passkey, "next": _back(request), "is_current": is_current}
        return redirect or render(request, "hearthkey/passkeys/passkey_remove.html", context)
    if (way := ask_fresh(request)) is not None:
        return way
    try:
        removed = remove_own_passkey(user=member(request), entry=session_entry(request), passkey_id=passkey_id)
    except StepUpRequired:
        return HttpResponseRedirect(step_up_url(request.get_full_path()))
    # The list for the browser's signal is in the answer to the removal and nowhere else: a signal with a stale
    # list would erase passkeys that are still good.
    signal = {
        "rpId": conf.rp_id(),
        "userId": removed.user_handle,
        "allAcceptedCredentialIds": list(removed.accepted_ids),
    }
    others = adapters.ask_other_sessions_url()(request)
    context = {"removed": removed, "signal": signal, "next": _back(request), "other_sessions_url": others}
    return render(request, "hearthkey/passkeys/passkey_removed.html", context)


def _back(request: HttpRequest) -> str:
    return safe_page(request, wanted_page(request), default=reverse("hearthkey_passkeys:passkey-list"))

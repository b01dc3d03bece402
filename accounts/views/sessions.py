"""The member's own sessions: where they are signed in, and an end to it."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from ..services.session_list import list_sessions
from ..services.sessions import end_session


@never_cache
@require_safe
@login_required
def sessions(request: HttpRequest) -> HttpResponse:
    current = current_sid(request)
    page = list_sessions(user=request.user, current=current, page=request.GET.get("page", ""))
    others = page.total - 1 if current else page.total
    context = {"cards": page.cards, "page": page, "has_others": others > 0}
    return render(request, "hearthkey/accounts/sessions.html", context)


@never_cache
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def end_one(request: HttpRequest, sid: uuid.UUID) -> HttpResponse:
    """End one session. One less is never a danger to its member, so no passkey is asked for.

    A GET ends nothing: it is the way back of somebody who had to sign in first, and leads to the list.
    """
    if request.method != "POST":
        return redirect("hearthkey_accounts:sessions")
    was_there = end_session(user=request.user, sid=str(sid))
    if str(sid) == current_sid(request):
        return leave(request)
    if was_there:
        text = _("Session ended. That device is signed out.")
        messages.success(request, text, fail_silently=True)
    else:
        messages.info(request, _("This session has already ended."), fail_silently=True)
    return redirect("hearthkey_accounts:sessions")


def current_sid(request: HttpRequest) -> str:
    """Return the public id of this browser's session, empty where the engine keeps none."""
    session: Any = request.session
    return str(getattr(session, "sid", None) or "")


def leave(request: HttpRequest) -> HttpResponse:
    """Go to the sign-in page from a session that is over; what was still to be said there is lost with it."""
    request.session.flush()
    return redirect(resolve_url(settings.LOGIN_URL))

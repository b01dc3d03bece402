from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods

from ..services.sessions import end_other_sessions
from .destinations import wanted_page


@never_cache
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def end_others(request: HttpRequest) -> HttpResponse:
    """End the member's other sessions. One less is never a danger to them, so no passkey is asked for.

    A GET ends nothing: it is the way back of somebody who had to sign in first.
    """
    if request.method != "POST":
        return redirect(wanted_page(request) or "hearthkey_accounts:account")
    session: Any = request.session
    count = end_other_sessions(user=request.user, keep=str(getattr(session, "sid", None) or ""))
    text = ngettext("%(count)d other session ended.", "%(count)d other sessions ended.", count)
    messages.success(request, text % {"count": count}, fail_silently=True)
    return redirect(wanted_page(request) or "hearthkey_accounts:account")

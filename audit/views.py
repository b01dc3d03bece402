from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from .exceptions import InvalidCursor
from .services.listing import list_own_events


@never_cache
@login_required
@require_safe
def activity(request: HttpRequest) -> HttpResponse:
    before = request.GET.get("before", "")
    try:
        page = list_own_events(user_id=str(request.user.pk), before=before)
    except InvalidCursor as error:
        raise BadRequest(str(error)) from error
    context = {"events": page.events, "older": page.older, "is_first": not before}
    return render(request, "hearthkey/audit/activity.html", context)

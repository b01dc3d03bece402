"""The question whether another device may sign in as this member, and their answer. Looking answers nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from .. import conf
from ..adapters import ask_apart, ask_device, ask_place, ask_request_origin, ask_require_fresh
from ..models import SignInRequest
from ..services import sign_in_requests_answers as answers
from ..services.sign_in_requests_answers import Asked
from .answers import error_page, way_on
from .device_sign_in import while_switched_on

Status = SignInRequest.Status


def after_typing(request: HttpRequest, typed: str) -> HttpResponse | None:
    """Return the way to the question that a typed code opens for this member, or None where it opens none.

    For the site's page on which codes are typed; limiting how many is that page's work.
    """
    if not conf.other_device():
        return None
    asked = answers.claim_request(user=request.user, typed=typed)
    return None if asked is None else _to_question(asked.key)


@while_switched_on
@login_required
@require_safe
def question(request: HttpRequest, key: str) -> HttpResponse:
    asked = answers.find_asked(user=request.user, key=key)
    if asked is None:
        return _unknown(request)
    return _question_page(request, asked) if asked.is_waiting else _result_page(request, asked)


@while_switched_on
@login_required
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def approve(request: HttpRequest, key: str) -> HttpResponse:
    """*Approve*. A GET is somebody's way back from a passkey, and leads to the question again."""
    asked = answers.find_asked(user=request.user, key=key)
    if asked is None:
        return _unknown(request)
    if request.method != "POST" or not asked.is_waiting:
        return _to_question(key)
    age = max(timedelta(seconds=1), timezone.now() - asked.earliest_assertion)
    asked_for_passkey = ask_require_fresh()(request, age)
    if asked_for_passkey is not None:
        return asked_for_passkey
    answer = answers.approve_request(
        asked=asked,
        user=request.user,
        is_mine="is_mine" in request.POST,
        is_once=request.POST.get("lasts") == "once",
        session=str(getattr(request.session, "sid", None) or ""),
        passkey=str((request.session.get("hearthkey_auth") or {}).get("passkey") or ""),
    )
    return _too_many(request) if answer == "too_many" else _to_question(key)


@while_switched_on
@login_required
@csrf_protect
@require_POST
def refuse(request: HttpRequest, key: str) -> HttpResponse:
    """*Refuse*. It needs no passkey, and the device hears of it."""
    asked = answers.find_asked(user=request.user, key=key)
    if asked is None:
        return _unknown(request)
    answers.refuse_request(asked=asked, user=request.user)
    return _to_question(key)


def _question_page(request: HttpRequest, asked: Asked) -> HttpResponse:
    own_address, _own_agent = ask_request_origin()(request)
    address = asked.row.address or None
    context = {
        **_about(asked),
        "address": address,
        "place": ask_place()(address) if address else "",
        "apart": ask_apart()(address, own_address),
        "may_vouch": answers.may_vouch(request.user),
        "member_name": request.user.get_username(),
    }
    return render(request, "hearthkey/accounts/device_sign_in/question.html", context)


def _result_page(request: HttpRequest, asked: Asked) -> HttpResponse:
    """What became of it. What another member answered is their business."""
    is_own = asked.row.answered_by_id == request.user.pk
    status = asked.row.status
    if status in (Status.WAITING, Status.APPROVED) and asked.row.expires_at <= timezone.now():
        status = Status.EXPIRED
    context = {
        **_about(asked),
        "status": str(status) if is_own or status in (Status.EXPIRED, Status.CANCELLED) else "answered",
        "by_member": is_own and asked.row.approved_at is None,
        "sessions_url": _sessions_url(),
    }
    return render(request, "hearthkey/accounts/device_sign_in/result.html", context)


def _about(asked: Asked) -> dict[str, Any]:
    return {"key": asked.key, "code": asked.code, "device": ask_device()(asked.row.user_agent), "row": asked.row}


def _unknown(request: HttpRequest) -> HttpResponse:
    return error_page(
        request,
        title=_("No sign-in request found"),
        text=_(
            "The code may be mistyped, used or expired. Check it against the screen, or get a new code on that device."
        ),
        status=404,
        **way_on(request),
    )


def _too_many(request: HttpRequest) -> HttpResponse:
    return error_page(
        request,
        title=_("Too many approvals"),
        text=_(
            "You approved %(count)d sign-ins on other devices in the last hour. If someone asked "
            "you to, stop: each one signs a device in as you. Otherwise, try again later."
        )
        % {"count": answers.MOST_APPROVALS},
        status=429,
        **way_on(request),
    )


def _to_question(key: str) -> HttpResponse:
    response = redirect("hearthkey_accounts:device-sign-in-question", key)
    response.status_code = 303
    return response


def _sessions_url() -> str:
    try:
        return reverse("hearthkey_accounts:sessions")
    except NoReverseMatch:
        return ""

"""Sending oneself a mail, and seeing what the mail server says to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods

from ..exceptions import SendingFailed
from ..models import Message
from ..services import is_on
from ..services.trial import send_test_mail

PERMISSION = f"{Message._meta.app_label}.send_test_mail"


def may_send(request: HttpRequest) -> bool:
    user: Any = request.user
    return bool(user.is_active and user.is_staff and user.has_perm(PERMISSION))


def page(model_admin: Any) -> Callable[..., HttpResponse]:
    """Return the view: GET asks, POST sends and shows the answer."""

    @require_http_methods(["GET", "HEAD", "POST"])
    @csrf_protect
    def view(request: HttpRequest) -> HttpResponse:
        if not may_send(request):
            raise PermissionDenied
        to = str(getattr(request.user, get_user_model().get_email_field_name(), "") or "")
        values: dict[str, Any] = {"to": to, "is_on": is_on(), "sent": False, "answer": ""}
        if request.method == "POST" and to and values["is_on"]:
            values |= _send(request, to)
        context = {
            **model_admin.admin_site.each_context(request),
            "opts": model_admin.opts,
            "title": _("Send test mail"),
            **values,
        }
        response = TemplateResponse(request, "hearthkey/mailer/admin/test.html", context)
        response.headers["Cache-Control"] = "no-store"
        return response

    return view


def _send(request: HttpRequest, to: str) -> dict[str, Any]:
    name = request.user.get_username()
    language = str(getattr(request.user, "locale", "") or "")
    try:
        send_test_mail(to=to, by=name, actor=str(request.user.pk), language=language, user_name=name)
    except SendingFailed as failure:
        return {"answer": failure.answer}
    return {"sent": True}

"""What to do without a passkey on this device."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from .. import conf
from ..services import code_requests
from .destinations import wanted_page, with_next


@dataclass(frozen=True)
class Way:
    url: str
    label: str
    text: str


@never_cache
@require_safe
def other_ways(request: HttpRequest) -> HttpResponse:
    wanted = wanted_page(request)
    if request.user.is_authenticated:
        return redirect(wanted or "hearthkey_accounts:account")
    context = {"ways": _ways(wanted), "sign_in_url": with_next(settings.LOGIN_URL, wanted)}
    response = render(request, "hearthkey/accounts/other_ways.html", context)
    # A client's own popup may have led here by way of the sign-in page.
    response.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"
    return response


def _ways(wanted: str) -> list[Way]:
    offered = (
        (
            conf.other_device(),
            "device-sign-in",
            _("Use another device"),
            _("Approve from a phone or computer that has your passkey."),
        ),
        (True, "login-code-entry", _("Enter a code"), _("Ask your administrator for a one-time code.")),
        (
            code_requests.is_offered(),
            "code-request",
            _("Email me a code"),
            _("Sent to your verified email address. Works in this browser only."),
        ),
        (conf.sign_up() == "open", "sign-up", _("Create an account"), _("If you don't have one yet.")),
    )
    return [
        Way(with_next(f"hearthkey_accounts:{name}", wanted), label, text)
        for is_on, name, label, text in offered
        if is_on
    ]

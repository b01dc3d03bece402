"""The mailed link that verifies an address, and the button that sends another one."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods

from ..exceptions import VerificationInvalid
from ..services import verification as service
from .answers import error_page, wait_page, way_on
from .member import own_member


@never_cache
@csrf_protect
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def send(request: HttpRequest) -> HttpResponse:
    user = own_member(request)
    if request.method != "POST":
        return redirect("hearthkey_accounts:profile")
    if service.may_be_verified(user):
        waiting = wait_page(request, "send-verification")
        if waiting is not None:
            return waiting
    if service.send_verification(user=user):
        text = _("We sent a link to %(address)s. Open it to verify the address.") % {"address": user.email}
        messages.success(request, text, fail_silently=True)
    else:
        messages.warning(request, _("There is nothing to verify, or email can't be sent."), fail_silently=True)
    return redirect("hearthkey_accounts:profile")


@never_cache
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def verify_email(request: HttpRequest, token: str = "") -> HttpResponse:
    """Ask, and on POST verify, whoever is signed in here: the link may be opened on any device, and signs nobody in.

    A program that looks through mails and opens their links presses no button.
    """
    token = token or request.GET.get("token", "")
    response = wait_page(request, "verify-email")
    if response is None:
        response = _verify(request, token) if request.method == "POST" else _ask(request, token)
    # The address is a credential until it is used: no Referer may carry its path. `no-referrer` would do so too, but
    # makes browsers send `Origin: null` with the form, which the CSRF check rightly refuses.
    response.headers["Referrer-Policy"] = "strict-origin"
    response.headers["Cache-Control"] = "no-store"
    return response


def _ask(request: HttpRequest, token: str) -> HttpResponse:
    claim = service.find_claim(token=token)
    if claim is None:
        return _invalid(request)
    other = request.user if request.user.is_authenticated and request.user.pk != claim.user.pk else None
    context = {"claim": claim, "name": claim.user.get_username(), "other": other}
    return render(request, "hearthkey/accounts/verify_email.html", context)


def _verify(request: HttpRequest, token: str) -> HttpResponse:
    try:
        claim = service.verify_email(token=token)
    except VerificationInvalid:
        return _invalid(request)
    if request.user.is_authenticated and request.user.pk == claim.user.pk:
        messages.success(request, _("Your email address is verified."), fail_silently=True)
        return redirect("hearthkey_accounts:profile")
    return render(request, "hearthkey/accounts/email_verified.html", {"claim": claim, **way_on(request)})


def _invalid(request: HttpRequest) -> HttpResponse:
    error = VerificationInvalid()
    return error_page(
        request,
        title=str(error.message),
        text=_("If your address isn't verified yet, request another link from your profile."),
        status=error.status,
        **way_on(request),
    )

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import NoReverseMatch, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from .. import conf
from ..services.claims import released_groups


@never_cache
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect(conf.home_url())
    return redirect(settings.LOGIN_URL)


@never_cache
@login_required
@require_safe
def account(request: HttpRequest) -> HttpResponse:
    user = request.user
    entry = request.session.get("hearthkey_auth") or {}
    context = {
        "member": user,
        "display_name": str(user) or user.get_username(),
        "group_names": released_groups(user),  # type: ignore[arg-type]  # any user model has groups here
        "administration_url": _administration_url() if getattr(user, "is_staff", False) else None,
        "session_method": entry.get("method", ""),
    }
    return render(request, "hearthkey/accounts/account.html", context)


@never_cache
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def sign_out(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return redirect(settings.LOGIN_URL)
    if request.method != "POST":
        return render(
            request, "hearthkey/accounts/sign_out.html", {"account_url": resolve_url("hearthkey_accounts:account")}
        )
    logout(request)
    return redirect(settings.LOGIN_URL)


@require_safe
def to_account(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Where links of the incumbent's settings pages lead."""
    return redirect("hearthkey_accounts:account")


def _administration_url() -> str | None:
    try:
        return reverse("admin:index")
    except NoReverseMatch:
        return None

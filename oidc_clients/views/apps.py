"""A member's apps: opening them, taking back what they were given, and signing devices out."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from .. import adapters
from ..models import Client, ClientSession
from ..services.apps import App, disconnect_app, find_app, list_apps, list_devices
from ..services.client_sessions import end_device_session
from .steps import words_for

PAGE_SIZE: Final = 25


@dataclass(frozen=True, slots=True)
class ShownApp:
    """An app with what its row says. ``host`` is where it opens, ``sees`` what it was let see."""

    app: App
    host: str
    logo: str | None
    sees: list[str]
    stays: bool


@dataclass(frozen=True, slots=True)
class ShownDevice:
    """A device that is signed in, by the name it gave itself."""

    session: ClientSession
    name: str
    logo: str | None


@never_cache
@login_required
@require_safe
def apps(request: HttpRequest) -> HttpResponse:
    app_page = Paginator(list_apps(user=request.user), PAGE_SIZE).get_page(request.GET.get("apps"))
    device_page = Paginator(list_devices(user=request.user), PAGE_SIZE).get_page(request.GET.get("devices"))
    context = {
        "apps": [_shown(app) for app in app_page.object_list],
        "app_page": app_page,
        "devices": [_device(session) for session in device_page.object_list],
        "device_page": device_page,
    }
    return render(request, "hearthkey/oidc_clients/apps.html", context)


@never_cache
@login_required
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: HttpRequest, client_id: str) -> HttpResponse:
    """What ends is asked on GET; a POST ends it."""
    app = find_app(user=request.user, client_id=client_id)
    if app is None:
        if request.method != "POST":
            raise Http404
        # Pressed twice, or in two tabs.
        messages.success(request, _("This app doesn't have access to your account."), fail_silently=True)
        return redirect("hearthkey_oidc_clients:apps")
    if request.method == "POST":
        disconnect_app(user=request.user, client=app.client)
        text = _("%(name)s no longer has access to your account.") % {"name": app.client.name}
        messages.success(request, text, fail_silently=True)
        return redirect("hearthkey_oidc_clients:apps")
    return render(request, "hearthkey/oidc_clients/app_revoke.html", {"shown": _shown(app)})


@never_cache
@login_required
@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def end_device(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    """End it on a POST. A GET is the way back of somebody who had to sign in first, and leads to the list."""
    if request.method != "POST":
        return redirect("hearthkey_oidc_clients:apps")
    was_there = end_device_session(user=request.user, session_id=session_id)
    text = _("Device signed out.") if was_there else _("This device is already signed out.")
    messages.success(request, text, fail_silently=True)
    return redirect("hearthkey_oidc_clients:apps")


def _shown(app: App) -> ShownApp:
    scopes = app.consent.scopes if app.consent is not None else []
    return ShownApp(
        app=app,
        host=urlsplit(app.client.launch_url).hostname or "",
        logo=_logo(app.client) if app.has_logo else None,
        # Two scopes may show the same thing.
        sees=list(dict.fromkeys(words for scope in scopes if (words := words_for(scope)))),
        stays="offline_access" in scopes,
    )


def _device(session: ClientSession) -> ShownDevice:
    name = adapters.get_device_name()(session.user_agent) or _("Unknown device")
    return ShownDevice(session, name, _logo(session.client) if getattr(session, "has_logo", False) else None)


def _logo(client: Client) -> str:
    return reverse("hearthkey_oidc_clients:client-logo", args=[client.client_id])

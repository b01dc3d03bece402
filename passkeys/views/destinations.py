"""Where a person goes on to."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme


def wanted_page(request: HttpRequest) -> str:
    """Return the parameter ``next`` as it came, unchecked."""
    return request.POST.get("next") or request.GET.get("next") or ""


def safe_page(request: HttpRequest, wanted: object, default: str | None = None) -> str:
    """Return ``wanted`` if it is a page of this host, else ``default``, else the site's usual page."""
    if isinstance(wanted, str) and url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return wanted
    return default if default is not None else resolve_url(settings.LOGIN_REDIRECT_URL)


def step_up_url(destination: str) -> str:
    return f"{reverse('hearthkey_passkeys:step-up')}?{urlencode({'next': destination})}"

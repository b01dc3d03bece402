"""Where a person was heading."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.utils.http import url_has_allowed_host_and_scheme


def wanted_page(request: HttpRequest) -> str:
    """Return the page of this host that ``next`` names, or ``""``."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    # Whole addresses only. redirect() takes a word for the name of a view, and a page that goes on by itself drops a
    # quotation mark in front, so that what was a path here would be another host there.
    return wanted if is_ours and wanted.startswith(("/", "http://", "https://")) else ""


def with_next(url: str, wanted: str) -> str:
    """Return a page's address that keeps where the person is heading. ``url`` may be a view's name."""
    address = resolve_url(url)
    return f"{address}?{urlencode({'next': wanted})}" if wanted else address

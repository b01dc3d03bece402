"""The instance's colour and logos as files of their own: the content security policy allows nothing inside a page."""

from __future__ import annotations

import hashlib
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import parse_etags
from django.views.decorators.http import require_safe

from . import stylesheets
from .pictures import find_picture
from .values import value

_KEYS: Final = {"light": "general.logo_light", "dark": "general.logo_dark"}
_MAX_AGE: Final = 300


@require_safe
def logo(request: HttpRequest, theme: str) -> HttpResponse:
    found = find_picture(_KEYS[theme])
    if found is None:
        raise Http404
    response = _conditional(request, HttpResponse(found.data, content_type=found.content_type), etag=found.etag)
    # An image that somebody uploaded: powerless when opened by itself.
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    # Mail programs and clients' pages show it too.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@require_safe
def stylesheet(request: HttpRequest, page: str) -> HttpResponse:
    colour = value("general.colour")
    css = (stylesheets.site if page == "site" else stylesheets.administration)(colour) if colour else ""
    return _conditional(
        request,
        HttpResponse(css, content_type="text/css; charset=utf-8"),
        etag=hashlib.sha256(css.encode()).hexdigest()[:32],
    )


def _conditional(request: HttpRequest, whole: HttpResponse, *, etag: str) -> HttpResponse:
    """Return the whole answer with its ETag, or 304 to who has it. Compressing proxies make tags weak."""
    tag = f'"{etag}"'
    had = {one.removeprefix("W/") for one in parse_etags(request.headers.get("If-None-Match", ""))}
    response = HttpResponse(status=304) if had & {tag, "*"} else whole
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = f"public, max-age={_MAX_AGE}"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response

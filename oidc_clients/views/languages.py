"""The language that a client asks for (``ui_locales``, OpenID Connect Core §3.1.2.1)."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_supported_language_variant

from .. import conf
from ..protocol.authorization import AuthorizationRequest

_MAX_TAGS = 20


def asked_language(request: AuthorizationRequest) -> str | None:
    """The first of the asked-for languages that this site has, None when it has none of them."""
    for tag in (request.get("ui_locales") or "").split()[:_MAX_TAGS]:
        try:
            return get_supported_language_variant(tag)
        except LookupError:
            continue
    return None


def keep_language(request: HttpRequest, response: HttpResponse, asked: AuthorizationRequest) -> None:
    """Let the site's own pages on the way, such as its sign-in page, be in that language too.

    Only as long as the request may take, and never against a language that the person chose before.
    """
    language = asked_language(asked)
    if language is None or settings.LANGUAGE_COOKIE_NAME in request.COOKIES:
        return
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=conf.interaction_lifetime(),
        path=settings.LANGUAGE_COOKIE_PATH,
        domain=settings.LANGUAGE_COOKIE_DOMAIN,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,  # type: ignore[arg-type]  # the stubs know it as any text
    )

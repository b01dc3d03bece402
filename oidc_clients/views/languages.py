"""The language that a client asks for (``ui_locales``, OpenID Connect Core §3.1.2.1)."""

from __future__ import annotations

from django.utils.translation import get_supported_language_variant

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

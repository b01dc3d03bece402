"""Where an RP-initiated logout may lead back to (OpenID Connect RP-Initiated Logout §3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlencode

from ..exceptions import InvalidRedirectUri
from .redirect_uri import validate_redirect_uri

#: After so many attempts to deliver a logout token nobody is told any more; an operator may have it tried again.
MAX_ATTEMPTS: Final = 8


def may_lead_to(requested: str, registered: Iterable[str]) -> bool:
    """Whether the URI is one of the registered ones, byte for byte; no port and no query may differ."""
    try:
        validate_redirect_uri(requested)
    except InvalidRedirectUri:
        return False
    return requested in tuple(registered)


def logout_address(uri: str, *, state: str | None) -> str:
    """The URI, with the state exactly as sent in its query."""
    if state is None:
        return uri
    separator = "" if uri.endswith(("?", "&")) else "&" if "?" in uri else "?"
    return f"{uri}{separator}{urlencode({'state': state})}"

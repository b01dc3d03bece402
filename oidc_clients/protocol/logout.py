"""Where an RP-initiated logout may return to (OpenID Connect RP-Initiated Logout §3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import urlencode

from ..exceptions import InvalidRedirectUri
from .redirect_uri import validate_redirect_uri

#: After this many attempts, a logout token is given up. An administrator can retry it.
MAX_ATTEMPTS: Final = 8


def may_lead_to(requested: str, registered: Iterable[str]) -> bool:
    """Return whether the URI is exactly one of the registered ones. Even ports and queries must be equal."""
    try:
        validate_redirect_uri(requested)
    except InvalidRedirectUri:
        return False
    return requested in tuple(registered)


def logout_address(uri: str, *, state: str | None) -> str:
    """Return the URI with the state, exactly as sent, in its query."""
    if state is None:
        return uri
    separator = "" if uri.endswith(("?", "&")) else "&" if "?" in uri else "?"
    return f"{uri}{separator}{urlencode({'state': state})}"

"""Scopes: which exist, and how a request for them is read (RFC 6749 §3.3, OpenID Connect Core §5.4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

SCOPES: Final = ("openid", "profile", "email", "groups", "offline_access")


def known_scopes(requested: str | None) -> tuple[str, ...]:
    """The scopes that exist, each once, in the order asked for. Unknown ones are ignored: documented clients send them."""
    return tuple(dict.fromkeys(scope for scope in (requested or "").split(" ") if scope in SCOPES))


def covers(granted: Iterable[str], wanted: Iterable[str]) -> bool:
    """Whether everything wanted was granted."""
    return set(wanted) <= set(granted)

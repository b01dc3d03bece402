"""Supported scopes, and how requests for them are parsed (RFC 6749 §3.3, OpenID Connect Core §5.4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

SCOPES: Final = ("openid", "profile", "email", "groups", "offline_access")


def known_scopes(requested: str | None) -> tuple[str, ...]:
    """Return the supported scopes, each once, in the requested order.

    Unknown ones are ignored, since real clients send them.
    """
    return tuple(dict.fromkeys(scope for scope in (requested or "").split(" ") if scope in SCOPES))


def covers(granted: Iterable[str], wanted: Iterable[str]) -> bool:
    """Return whether every requested scope was granted."""
    return set(wanted) <= set(granted)

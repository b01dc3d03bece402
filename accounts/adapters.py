"""The questions this app asks its site: whether somebody has to wait, and whether a member can sign in."""

from __future__ import annotations

from typing import Any, Protocol, cast

from django.http import HttpRequest
from django.utils.module_loading import import_string

from . import conf


class RateLimit(Protocol):
    """``None`` to go on, else the seconds to wait. ``policy`` is ``api`` or ``one-time-code``."""

    def __call__(self, request: HttpRequest, policy: str) -> float | None: ...


class CanSignIn(Protocol):
    """Whether a member has a way to sign in by themselves."""

    def __call__(self, user: Any) -> bool: ...


def always_can_sign_in(user: Any) -> bool:
    """Believe it: how people sign in, this app doesn't know."""
    return True


def ask_can_sign_in() -> CanSignIn:
    """Return what ``HEARTHKEY_ACCOUNTS_CAN_SIGN_IN`` names."""
    path = conf.can_sign_in_path()
    return cast(CanSignIn, import_string(path)) if path else always_can_sign_in


def no_rate_limit(request: HttpRequest, policy: str) -> float | None:
    """Let everything through: a reusable app knows neither the client's address nor a store for counters."""
    return None


def ask_rate_limit() -> RateLimit:
    """Return what ``HEARTHKEY_ACCOUNTS_RATE_LIMIT`` names."""
    path = conf.rate_limit_path()
    return cast(RateLimit, import_string(path)) if path else no_rate_limit

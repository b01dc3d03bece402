"""The question this app asks its site: whether somebody has to wait."""

from __future__ import annotations

from typing import Protocol, cast

from django.http import HttpRequest
from django.utils.module_loading import import_string

from . import conf


class RateLimit(Protocol):
    """``None`` to go on, else the seconds to wait. ``policy`` is ``sign-up`` or ``one-time-code``."""

    def __call__(self, request: HttpRequest, policy: str) -> float | None: ...


def no_rate_limit(request: HttpRequest, policy: str) -> float | None:
    """Let everything through: a reusable app knows neither the client's address nor a store for counters."""
    return None


def ask_rate_limit() -> RateLimit:
    """Return what ``HEARTHKEY_ACCOUNTS_RATE_LIMIT`` names."""
    path = conf.rate_limit_path()
    return cast(RateLimit, import_string(path)) if path else no_rate_limit

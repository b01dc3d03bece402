"""The app's settings, read on use. Each is ``HEARTHKEY_AUDIT_<NAME>``: a value, or a callable without arguments."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, cast

from django.conf import settings


def _read(name: str, default: Any) -> Any:
    value = getattr(settings, f"HEARTHKEY_AUDIT_{name}", default)
    return value() if callable(value) else value


def retention() -> timedelta:
    """How long events are kept, once the task ``remove_expired`` runs. 90 days: long enough to look into what happened."""
    return cast(timedelta, _read("RETENTION", timedelta(days=90)))


def kinds() -> Sequence[Any]:
    """The site's own kinds of events, each an ``events.Kind``. None by default; they go before the app's."""
    return cast("Sequence[Any]", _read("KINDS", ()))


def origin_path() -> str | None:
    """Dotted path of ``(request) -> services.Origin``; None takes the address of the connection and the user agent."""
    return cast("str | None", _read("ORIGIN", None))

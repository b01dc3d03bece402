"""The app's settings, read on use. Each is ``HEARTHKEY_AUDIT_<NAME>``: a value, or a callable without arguments."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from django.conf import settings


def _read(name: str, default: Any) -> Any:
    value = getattr(settings, f"HEARTHKEY_AUDIT_{name}", default)
    return value() if callable(value) else value


def retention() -> timedelta:
    """How long events are kept, once the task ``remove_expired`` runs. 90 days: long enough to look into what happened."""
    return cast(timedelta, _read("RETENTION", timedelta(days=90)))

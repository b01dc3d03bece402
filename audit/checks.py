"""System checks of this app's settings: what would otherwise fail at the first export, or delete the trail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.checks import CheckMessage, Error, register

from . import conf
from .adapters import get_origin
from .geoip.adapters import ask_may_call

_ADAPTERS: dict[str, Callable[[], Any]] = {"ORIGIN": get_origin, "GEOIP_MAY_CALL": ask_may_call}


@register("hearthkey_audit")
def check_retention(**_kwargs: Any) -> list[CheckMessage]:
    value: Any = conf.retention()
    if isinstance(value, timedelta) and value > timedelta(0):
        return []
    return [
        Error(
            f"HEARTHKEY_AUDIT_RETENTION is {value!r}, which is no positive duration.",
            hint="Use a timedelta, for example timedelta(days=90).",
            id="hearthkey_audit.E001",
        )
    ]


@register("hearthkey_audit")
def check_adapters(**_kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for name, ask in _ADAPTERS.items():
        try:
            ask()
        except ImportError as error:
            hint = "Name a callable by its dotted path, or leave the setting out."
            found.append(
                Error(f"HEARTHKEY_AUDIT_{name} can't be imported: {error}", hint=hint, id="hearthkey_audit.E002")
            )
    return found

"""System checks of this app's settings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.checks import CheckMessage, Error, register

from . import conf
from .adapters import ask_can_sign_in, ask_rate_limit

_DURATIONS: dict[str, Callable[[], Any]] = {
    "SESSION_IDLE": conf.session_idle,
    "SESSION_ABSOLUTE": conf.session_absolute,
    "LOGIN_CODE_LIFETIME": conf.login_code_lifetime,
    "SETUP_WINDOW": conf.setup_window,
}


@register("hearthkey_accounts")
def check_rate_limit(**_kwargs: Any) -> list[CheckMessage]:
    try:
        ask_rate_limit()
    except ImportError as error:
        return [
            Error(
                f"HEARTHKEY_ACCOUNTS_RATE_LIMIT can't be imported: {error}",
                hint="Name a callable (request, policy) -> float | None by its dotted path, or leave the setting out.",
                id="hearthkey_accounts.E001",
            )
        ]
    return []


@register("hearthkey_accounts")
def check_can_sign_in(**_kwargs: Any) -> list[CheckMessage]:
    try:
        ask_can_sign_in()
    except ImportError as error:
        return [
            Error(
                f"HEARTHKEY_ACCOUNTS_CAN_SIGN_IN can't be imported: {error}",
                hint="Name a callable (user) -> bool by its dotted path, or leave the setting out.",
                id="hearthkey_accounts.E003",
            )
        ]
    return []


@register("hearthkey_accounts")
def check_durations(**_kwargs: Any) -> list[CheckMessage]:
    return [
        Error(
            f"HEARTHKEY_ACCOUNTS_{name} is {value!r}, which is no positive duration.",
            hint="Use a timedelta, for example timedelta(hours=24).",
            id="hearthkey_accounts.E002",
        )
        for name, read in _DURATIONS.items()
        if not isinstance(value := read(), timedelta) or value <= timedelta(0)
    ]

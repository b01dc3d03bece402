"""System checks of this app's settings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.checks import CheckMessage, Error, register

from . import adapters, conf

_DURATIONS: dict[str, Callable[[], Any]] = {
    "SESSION_IDLE": conf.session_idle,
    "SESSION_ABSOLUTE": conf.session_absolute,
    "CODE_SESSION_LIFETIME": conf.code_session_lifetime,
    "DEVICE_SESSION_LIFETIME": conf.device_session_lifetime,
    "LOGIN_CODE_LIFETIME": conf.login_code_lifetime,
    "ONCE_SESSION_LIFETIME": conf.once_session_lifetime,
    "SETUP_WINDOW": conf.setup_window,
    "EMAIL_VERIFICATION_LIFETIME": conf.email_verification_lifetime,
    "SIGN_IN_REQUEST_LIFETIME": conf.sign_in_request_lifetime,
}


_ADAPTERS: dict[str, Callable[[], Any]] = {
    "APART": adapters.ask_apart,
    "CAN_SIGN_IN": adapters.ask_can_sign_in,
    "ENQUEUE": adapters.ask_enqueue,
    "HOLD_PASSKEY": adapters.ask_hold_passkey,
    "DEVICE": adapters.ask_device,
    "MAIL_IS_ON": adapters.ask_mail_is_on,
    "PANELS_ABOUT": adapters.ask_panels_about,
    "PASSKEY_NAMES": adapters.ask_passkey_names,
    "PLACE": adapters.ask_place,
    "RATE_LIMIT": adapters.ask_rate_limit,
    "REQUEST_ORIGIN": adapters.ask_request_origin,
    "REQUIRE_FRESH": adapters.ask_require_fresh,
    "SEND_MAIL": adapters.ask_send_mail,
}


@register("hearthkey_accounts")
def check_adapters(**_kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for name, ask in _ADAPTERS.items():
        try:
            ask()
        except ImportError as error:
            hint = (
                "Name a callable as the app's adapters.py describes it, by its dotted path, or leave the setting out."
            )
            message = f"HEARTHKEY_ACCOUNTS_{name} can't be imported: {error}"
            found.append(Error(message, hint=hint, id="hearthkey_accounts.E001"))
    return found


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

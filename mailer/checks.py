"""System checks of this app's settings. A callable is read on use only: it may ask a database that is not there yet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from . import adapters, conf
from .services.kinds import Kind


@register("hearthkey_mailer")
def check_settings(**_kwargs: Any) -> list[CheckMessage]:
    """Return what is wrong with this app's settings."""
    return [*_check_security(), *_check_keys(), *_check_kinds(), *_check_adapters()]


def _plain(name: str) -> Any:
    """Return a setting as it stands, None when it is unset or a callable."""
    value = getattr(settings, f"{conf.PREFIX}{name}", None)
    return None if callable(value) else value


def _check_security() -> Iterator[CheckMessage]:
    value = _plain("SECURITY")
    if value is not None and value not in conf.SECURITIES:
        yield Error(
            f"HEARTHKEY_MAILER_SECURITY is {value!r}.",
            hint=f"Use one of {', '.join(conf.SECURITIES)}.",
            id="hearthkey_mailer.E001",
        )


def _check_keys() -> Iterator[CheckMessage]:
    for key in _plain("ENCRYPTION_KEYS") or ():
        try:
            Fernet(key)
        except ValueError:
            yield Error(
                "HEARTHKEY_MAILER_ENCRYPTION_KEYS holds what is no Fernet key.",
                hint="Make one with cryptography.fernet.Fernet.generate_key().",
                id="hearthkey_mailer.E002",
            )


def _check_kinds() -> Iterator[CheckMessage]:
    for kind in _plain("KINDS") or ():
        if not isinstance(kind, Kind):
            yield Error(
                f"HEARTHKEY_MAILER_KINDS holds {kind!r}, which is no kind of mail.",
                hint="Use mailer.services.kinds.Kind.",
                id="hearthkey_mailer.E003",
            )


def _check_adapters() -> Iterator[CheckMessage]:
    try:
        adapters.ask_enqueue()
    except ImportError as error:
        yield Error(
            f"HEARTHKEY_MAILER_ENQUEUE can't be imported: {error}",
            hint="Name a callable by its dotted path, or leave the setting out.",
            id="hearthkey_mailer.E004",
        )

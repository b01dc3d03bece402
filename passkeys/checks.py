"""System checks: what would otherwise fail at the first sign-in, said at the start."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from . import adapters, conf
from .backends import PasskeyBackend
from .core.algorithms import KNOWN, supported


def check_settings(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Return what is wrong with this app's settings."""
    return [
        *_check_rp_id(),
        *_check_origins(),
        *_check_backend(),
        *_check_choices(),
        *_check_durations(),
        *_check_adapters(),
    ]


def _check_rp_id() -> Iterator[CheckMessage]:
    try:
        rp_id = conf.rp_id()
    except ImproperlyConfigured:
        yield Error(
            f"{conf.PREFIX}RP_ID is not set.",
            hint="Set it to the domain of this site, such as 'id.example.org'.",
            id="passkeys.E001",
        )
        return
    if any(character in rp_id for character in ":/@? ") or rp_id != rp_id.lower() or _is_ip_address(rp_id):
        yield Error(
            f"{conf.PREFIX}RP_ID is {rp_id!r}, which is no domain.",
            hint="Give a lower-case domain without scheme, port or path. Browsers accept no IP address.",
            id="passkeys.E002",
        )


def _check_origins() -> Iterator[CheckMessage]:
    try:
        origins = conf.origins()
    except ImproperlyConfigured:
        yield Error(
            f"{conf.PREFIX}ORIGINS is not set.",
            hint="Set it to the addresses of this site, such as ['https://id.example.org'].",
            id="passkeys.E003",
        )
        return
    for origin in origins:
        if not _is_origin(origin):
            yield Error(
                f"{origin!r} in {conf.PREFIX}ORIGINS is no origin that passkeys work at.",
                hint="Give https:// and a domain, with the port if it is unusual and without a slash at the end; "
                "http:// works with localhost only.",
                id="passkeys.E004",
            )


def _check_backend() -> Iterator[CheckMessage]:
    for path in settings.AUTHENTICATION_BACKENDS:
        loaded = import_string(path)
        if isinstance(loaded, type) and issubclass(loaded, PasskeyBackend):
            return
    yield Error(
        "No passkey backend in AUTHENTICATION_BACKENDS.",
        hint=f"Add '{PasskeyBackend.__module__}.{PasskeyBackend.__qualname__}'.",
        id="passkeys.E005",
    )


def _check_choices() -> Iterator[CheckMessage]:
    algorithms = conf.algorithms()
    bad = [algorithm for algorithm in algorithms if algorithm not in supported()]
    if bad or not algorithms:
        yield Error(
            f"{conf.PREFIX}ALGORITHMS is empty or names what does not work here: {bad}.",
            hint=f"Known are {list(KNOWN)}; with this build of cryptography, {list(supported())} work.",
            id="passkeys.E006",
        )
    if conf.user_verification() not in {"required", "preferred"}:
        yield Error(
            f"{conf.PREFIX}USER_VERIFICATION must be 'required' or 'preferred'.",
            hint="Leave it unset for 'required'.",
            id="passkeys.E007",
        )
    if conf.attachment() not in {"any", "platform", "cross-platform"}:
        yield Error(
            f"{conf.PREFIX}ATTACHMENT must be 'any', 'platform' or 'cross-platform'.",
            hint="Leave it unset for 'any'.",
            id="passkeys.E012",
        )
    if conf.counter_policy() not in {"reject", "flag"}:
        yield Error(
            f"{conf.PREFIX}COUNTER_POLICY must be 'reject' or 'flag'.",
            hint="Leave it unset for 'reject'.",
            id="passkeys.E008",
        )


def _check_durations() -> Iterator[CheckMessage]:
    try:
        timeout, ttl, window = conf.timeout(), conf.ceremony_ttl(), conf.step_up_window()
    except ImproperlyConfigured as error:
        yield Error(f"{error}.", hint="Use datetime.timedelta.", id="passkeys.E009")
        return
    if ttl < timeout or window.total_seconds() < 0:
        yield Error(
            f"{conf.PREFIX}CEREMONY_TTL is shorter than {conf.PREFIX}TIMEOUT, or {conf.PREFIX}STEP_UP_WINDOW is negative.",
            hint="Answers that the browser still allows would be refused. Leave all three unset for good values.",
            id="passkeys.E010",
        )


def _check_adapters() -> Iterator[CheckMessage]:
    for ask in adapters.ALL:
        try:
            ask()
        except ImportError as error:
            name = ask.__name__.removeprefix("ask_").upper()
            yield Error(
                f"{conf.PREFIX}{name} can't be imported: {error}",
                hint="Name a callable by its dotted path, or leave the setting out.",
                id="passkeys.E011",
            )


def _is_ip_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _is_origin(origin: str) -> bool:
    try:
        parts = urlsplit(origin)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    rebuilt = f"{parts.scheme}://{host}" + (f":{port}" if port is not None else "")
    is_local = host == "localhost" or host.endswith(".localhost")
    is_secure = parts.scheme == "https" or (parts.scheme == "http" and is_local)
    return bool(host) and is_secure and rebuilt == origin and not _is_ip_address(host)

"""Settings, read on use. Each may be a value or a callable without arguments.

Nothing here is ever derived from a request: a forged ``Host`` header must not choose the RP ID or an origin.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from .core.algorithms import EDDSA, ES256, ML_DSA_44, RS256, supported

PREFIX: Final = "HEARTHKEY_PASSKEYS_"
_AT_LEISURE: Final = timedelta(minutes=5)


def read(name: str, default: Any = None) -> Any:
    """Return the setting, called if it is a callable, or ``default`` where it is not set."""
    value = getattr(settings, PREFIX + name, default)
    return value() if isinstance(value, Callable) else value  # type: ignore[arg-type]


def rp_id() -> str:
    """``RP_ID``: the domain that passkeys belong to, such as ``id.example.org``; no scheme, port or IP address.

    No default. Changing it makes every passkey that exists unusable. Raises ``ImproperlyConfigured`` when unset.
    """
    value = read("RP_ID")
    if not isinstance(value, str) or not value:
        raise ImproperlyConfigured(f"{PREFIX}RP_ID is not set")
    return value


def rp_name() -> str:
    """``RP_NAME``: what browsers call this site. Default: the RP ID."""
    value = read("RP_NAME")
    return str(value) if value else rp_id()


def origins() -> tuple[str, ...]:
    """``ORIGINS``: the origins that ceremonies may run on, such as ``("https://id.example.org",)``.

    No default. Compared byte for byte; an origin missing here cannot sign in. The first one is this site's own
    address in the well-known documents. Raises ``ImproperlyConfigured`` when unset.
    """
    value = read("ORIGINS")
    listed = (value,) if isinstance(value, str) else tuple(value or ())
    if not listed:
        raise ImproperlyConfigured(f"{PREFIX}ORIGINS is not set")
    return listed


def user_verification() -> str:
    """``USER_VERIFICATION``: ``required`` (default) or ``preferred``.

    With ``preferred``, a stolen security key without a PIN is enough to sign in.
    """
    return str(read("USER_VERIFICATION", "required"))


def synced_allowed() -> bool:
    """``SYNCED_ALLOWED``: whether a new passkey may be one that its provider copies to other devices. Default ``True``.

    Passkeys that exist keep working. Phones and most password managers make no others.
    """
    return bool(read("SYNCED_ALLOWED", True))


def attachment() -> str:
    """``ATTACHMENT``: where new passkeys are kept: ``any`` (default), ``platform`` or ``cross-platform``.

    It is what browsers are asked for. No attestation proves it, so it guides people and binds no attacker.
    """
    return str(read("ATTACHMENT", "any"))


def algorithms() -> tuple[int, ...]:
    """``ALGORITHMS``: COSE algorithms offered to new passkeys, best first. Passkeys that exist are not affected.

    Default: ML-DSA-44 where cryptography can load it, then EdDSA, ES256, RS256. Without -7 and -257 many
    devices cannot make a passkey at all.
    """
    value = read("ALGORITHMS")
    if value is not None:
        return tuple(value)
    return tuple(algorithm for algorithm in (ML_DSA_44, EDDSA, ES256, RS256) if algorithm in supported())


def timeout() -> timedelta:
    """``TIMEOUT``: how long the browser may wait for the person. Default 5 minutes, the least that WCAG 2.2.1 suits."""
    return _duration("TIMEOUT", timedelta(minutes=5))


def ceremony_ttl() -> timedelta:
    """``CEREMONY_TTL``: how long an answer is accepted. Default 330 s: the browser's timeout and the way back."""
    return _duration("CEREMONY_TTL", timedelta(seconds=330))


def counter_policy() -> str:
    """``COUNTER_POLICY``: what a signature counter that went back means: ``reject`` (default) or ``flag``.

    It may mean that a security key was copied. ``flag`` lets the sign-in through and marks the passkey.
    """
    return str(read("COUNTER_POLICY", "reject"))


def step_up_window() -> timedelta:
    """``STEP_UP_WINDOW``: how old the last use of a passkey may be to add or remove one. Default 5 minutes.

    Zero wants one for each change; that needs a ``REQUIRE_FRESH`` that can tell them apart.
    """
    return _duration("STEP_UP_WINDOW", timedelta(minutes=5))


def confirmation_lasts() -> timedelta:
    """Return how old an assertion may be that was demanded by this very change, and is then made at leisure."""
    return max(step_up_window(), _AT_LEISURE)


def adapter_path(name: str) -> str | None:
    """Return the dotted path in an adapter setting. Unlike the others it is never called to get it."""
    value = getattr(settings, PREFIX + name, None)
    return str(value) if value else None


def _duration(name: str, default: timedelta) -> timedelta:
    value = read(name, default)
    if not isinstance(value, timedelta):
        raise ImproperlyConfigured(f"{PREFIX}{name} must be a timedelta")
    return value

"""The app's settings, read on use. Each is ``HEARTHKEY_OIDC_CLIENTS_<NAME>``: a value, or a callable without arguments."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

_PREFIX = "HEARTHKEY_OIDC_CLIENTS_"


def _read(name: str, default: Any) -> Any:
    value = getattr(settings, _PREFIX + name, default)
    return value() if callable(value) else value


def issuer() -> str:
    """The issuer, byte for byte as clients know it, without a trailing slash. No default: it never comes from a request.

    Changing it makes every client refuse the next ID token until it is configured anew.
    Raises ImproperlyConfigured when unset.
    """
    value = _read("ISSUER", "")
    if not value:
        raise ImproperlyConfigured(
            f'Set {_PREFIX}ISSUER to the address of this site, such as "https://id.example.com".'
        )
    return str(value).rstrip("/")


def internal_url() -> str:
    """Where clients on the same network reach token, userinfo and JWKS. Default: the issuer."""
    return str(_read("INTERNAL_URL", "") or issuer()).rstrip("/")


def encryption_keys() -> Sequence[bytes]:
    """Fernet keys for the signing keys at rest: the first encrypts, all decrypt.

    Default: derived from SECRET_KEY and SECRET_KEY_FALLBACKS. Without the old key in the list a stored signing key can't
    be read any more.
    """
    configured = _read("ENCRYPTION_KEYS", None)
    if configured:
        return [key.encode() if isinstance(key, str) else key for key in configured]
    return [_derived(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def _derived(secret: str | bytes) -> bytes:
    material = secret.encode() if isinstance(secret, str) else secret
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"hearthkey oidc_clients signing keys")
    return base64.urlsafe_b64encode(hkdf.derive(material))


def code_lifetime() -> timedelta:
    """How long an authorization code lives. 60 s: the client redeems it at once, a thief needs longer."""
    return _read("CODE_LIFETIME", timedelta(seconds=60))  # type: ignore[no-any-return]


def access_token_lifetime() -> timedelta:
    """How long an access token lives. 1 h, as clients expect; a lost access is refused at once anyway."""
    return _read("ACCESS_TOKEN_LIFETIME", timedelta(hours=1))  # type: ignore[no-any-return]


def jwt_access_token_lifetime() -> timedelta:
    """How long a signed access token lives. 10 minutes: who verifies it alone never learns that it was revoked."""
    return _read("JWT_ACCESS_TOKEN_LIFETIME", timedelta(minutes=10))  # type: ignore[no-any-return]


def id_token_lifetime() -> timedelta:
    """How long an ID token may be accepted by the client it was made for. 1 h."""
    return _read("ID_TOKEN_LIFETIME", timedelta(hours=1))  # type: ignore[no-any-return]


def refresh_token_idle() -> timedelta:
    """How long a refresh token may lie unused. 30 days."""
    return _read("REFRESH_TOKEN_IDLE", timedelta(days=30))  # type: ignore[no-any-return]


def refresh_token_absolute() -> timedelta:
    """How long a family of refresh tokens lives however often it is used. 90 days.

    A client whose refresh tokens may lie unused for longer than that has families that live as long.
    """
    return _read("REFRESH_TOKEN_ABSOLUTE", timedelta(days=90))  # type: ignore[no-any-return]


def refresh_grace() -> timedelta:
    """For how long a rotated refresh token gets the same answer again. 10 s; zero makes every reuse end the family."""
    return _read("REFRESH_GRACE", timedelta(seconds=10))  # type: ignore[no-any-return]


def interaction_lifetime() -> timedelta:
    """How long a valid authorization request waits for its person. 15 minutes."""
    return _read("INTERACTION_LIFETIME", timedelta(minutes=15))  # type: ignore[no-any-return]


def pushed_request_lifetime() -> timedelta:
    """How long a pushed request may wait for its browser. 90 s: the client redirects at once."""
    return _read("PUSHED_REQUEST_LIFETIME", timedelta(seconds=90))  # type: ignore[no-any-return]


def device_code_lifetime() -> timedelta:
    """How long a device waits for its person. 15 minutes: time to find a phone and a passkey; a longer one gives who
    sends codes to others more time to be believed, and who guesses codes more attempts (``protocol/user_code.py``).
    """
    return _read("DEVICE_CODE_LIFETIME", timedelta(minutes=15))  # type: ignore[no-any-return]


def fresh_window() -> timedelta:
    """How long before a request a passkey may have been used and still count as fresh. 60 s."""
    return _read("FRESH_WINDOW", timedelta(seconds=60))  # type: ignore[no-any-return]


def key_state_lifetime() -> timedelta:
    """How long a process trusts what it read of the signing keys' state. 5 s: a dropped key is gone everywhere by then."""
    return _read("KEY_STATE_LIFETIME", timedelta(seconds=5))  # type: ignore[no-any-return]


def key_rotation_period() -> timedelta:
    """How long a signing key is used before the next one takes over. 90 days; zero leaves it to the command."""
    return _read("KEY_ROTATION_PERIOD", timedelta(days=90))  # type: ignore[no-any-return]


def key_published_ahead() -> timedelta:
    """How long a signing key is published before its first use. 1 day, so that clients that look rarely know it too.

    Never less than it takes caches and processes to notice it.
    """
    configured: timedelta = _read("KEY_PUBLISHED_AHEAD", timedelta(days=1))
    return max(configured, metadata_cache() + key_state_lifetime())


def metadata_cache() -> timedelta:
    """How long clients and caches may keep discovery and JWKS. 5 minutes."""
    return _read("METADATA_CACHE", timedelta(minutes=5))  # type: ignore[no-any-return]


def outbound_allow() -> Sequence[str]:
    """Host names and CIDR ranges that may be called although they are private, and over plain http. Default: none.

    A client that the operator marked as on the own network needs no entry. Link-local addresses stay refused.
    """
    return _read("OUTBOUND_ALLOW", ())  # type: ignore[no-any-return]


def adapter_path(name: str) -> str | None:
    """The dotted path of an adapter, None for the default; ``adapters.py`` holds what each must look like."""
    value = getattr(settings, _PREFIX + name, None)
    return str(value) if value else None

"""The app's settings, read on use.

Each is ``HEARTHKEY_OIDC_CLIENTS_<NAME>``: a value, or a callable without arguments.
"""

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
    """Return the issuer, exactly as clients know it, without a trailing slash. It never comes from a request.

    After a change, every client rejects ID tokens until it is configured again.

    :raises ImproperlyConfigured: the setting is missing.
    """
    value = _read("ISSUER", "")
    if not value:
        raise ImproperlyConfigured(
            f'Set {_PREFIX}ISSUER to the address of this site, such as "https://id.example.com".'
        )
    return str(value).rstrip("/")


def internal_url() -> str:
    """Return the base URL for token, userinfo and JWKS requests from the same network. Default: the issuer."""
    return str(_read("INTERNAL_URL", "") or issuer()).rstrip("/")


def encryption_keys() -> Sequence[bytes]:
    """Return the Fernet keys that protect signing keys at rest. The first one encrypts; all of them decrypt.

    Default: derived from SECRET_KEY and SECRET_KEY_FALLBACKS. Stored signing keys can't be read without the key that
    encrypted them.
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
    """Return the lifetime of authorization codes. Default: 60 seconds, because clients redeem them at once."""
    return _read("CODE_LIFETIME", timedelta(seconds=60))  # type: ignore[no-any-return]


def access_token_lifetime() -> timedelta:
    """Return the lifetime of access tokens. Default: 1 hour. A member who loses access is rejected at once anyway."""
    return _read("ACCESS_TOKEN_LIFETIME", timedelta(hours=1))  # type: ignore[no-any-return]


def jwt_access_token_lifetime() -> timedelta:
    """Return the lifetime of signed access tokens.

    Default: 10 minutes, because an API that verifies one misses a revocation.
    """
    return _read("JWT_ACCESS_TOKEN_LIFETIME", timedelta(minutes=10))  # type: ignore[no-any-return]


def id_token_lifetime() -> timedelta:
    """Return how long a client may accept an ID token. Default: 1 hour."""
    return _read("ID_TOKEN_LIFETIME", timedelta(hours=1))  # type: ignore[no-any-return]


def refresh_token_idle() -> timedelta:
    """Return how long an unused refresh token stays valid. Default: 30 days."""
    return _read("REFRESH_TOKEN_IDLE", timedelta(days=30))  # type: ignore[no-any-return]


def refresh_token_absolute() -> timedelta:
    """Return how long a family of refresh tokens lives even if it is used. Default: 90 days.

    It is longer for a client whose unused refresh tokens stay valid longer than that.
    """
    return _read("REFRESH_TOKEN_ABSOLUTE", timedelta(days=90))  # type: ignore[no-any-return]


def refresh_grace() -> timedelta:
    """Return how long a rotated refresh token gets the same answer again. Default: 10 seconds.

    0 rejects every reuse.
    """
    return _read("REFRESH_GRACE", timedelta(seconds=10))  # type: ignore[no-any-return]


def interaction_lifetime() -> timedelta:
    """Return how long a valid authorization request waits for the member. Default: 15 minutes."""
    return _read("INTERACTION_LIFETIME", timedelta(minutes=15))  # type: ignore[no-any-return]


def pushed_request_lifetime() -> timedelta:
    """Return how long a pushed request waits for the browser. Default: 90 seconds, because clients redirect at once."""
    return _read("PUSHED_REQUEST_LIFETIME", timedelta(seconds=90))  # type: ignore[no-any-return]


def device_code_lifetime() -> timedelta:
    """Return how long a device waits for approval. Default: 15 minutes, enough to find a phone and a passkey.

    A longer time helps those who send codes to others or guess codes (``protocol/user_code.py``).
    """
    return _read("DEVICE_CODE_LIFETIME", timedelta(minutes=15))  # type: ignore[no-any-return]


def fresh_window() -> timedelta:
    """Return how long before a request a passkey may have been used and still count as fresh. Default: 60 seconds."""
    return _read("FRESH_WINDOW", timedelta(seconds=60))  # type: ignore[no-any-return]


def key_state_lifetime() -> timedelta:
    """Return how long a process caches the state of the signing keys.

    Default: 5 seconds, after which a dropped key is gone.
    """
    return _read("KEY_STATE_LIFETIME", timedelta(seconds=5))  # type: ignore[no-any-return]


def key_rotation_period() -> timedelta:
    """Return how long a signing key is used before the next one. Default: 90 days. 0 turns automatic rotation off."""
    return _read("KEY_ROTATION_PERIOD", timedelta(days=90))  # type: ignore[no-any-return]


def key_published_ahead() -> timedelta:
    """Return how long a signing key is published before it is used.

    Default: 1 day, for clients that rarely fetch the keys.

    It is never less than caches and processes need to notice a key.
    """
    configured: timedelta = _read("KEY_PUBLISHED_AHEAD", timedelta(days=1))
    return max(configured, metadata_cache() + key_state_lifetime())


def metadata_cache() -> timedelta:
    """Return how long clients and caches may keep discovery and JWKS. Default: 5 minutes."""
    return _read("METADATA_CACHE", timedelta(minutes=5))  # type: ignore[no-any-return]


def outbound_allow() -> Sequence[str]:
    """Return the host names and CIDR ranges that may be called even if they are private, also over plain http.

    Default: none.

    A client marked as *on my network* needs no entry. Link-local addresses are never called.
    """
    return _read("OUTBOUND_ALLOW", ())  # type: ignore[no-any-return]


def adapter_path(name: str) -> str | None:
    """Return the dotted path of an adapter, or None for the default. ``adapters.py`` defines the callables."""
    value = getattr(settings, _PREFIX + name, None)
    return str(value) if value else None

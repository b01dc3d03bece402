"""Secrets that are derived when they are needed: a process without a key must not write with a random one."""

from __future__ import annotations

from django.conf import settings

from . import keys
from .exceptions import ConfigurationError


def setup_token() -> str:
    """Return the token of the first-run wizard.

    :raises ConfigurationError: there is no encryption key.
    """
    fixed: str | None = settings.ENVIRONMENT.setup_token
    return fixed or keys.derive_text(_key(), "setup token", 24)


def signing_key_keys() -> list[str]:
    """Return the Fernet keys that protect the signing keys at rest.

    :raises ConfigurationError: there is no encryption key.
    """
    return [keys.derive_fernet(_key(), "oidc signing keys")]


def configuration_keys() -> list[str]:
    """Return the Fernet keys that protect the secrets of the application configuration at rest.

    :raises ConfigurationError: there is no encryption key.
    """
    return [keys.derive_fernet(_key(), "application configuration")]


def outbox_keys() -> list[str]:
    """Return the Fernet keys that protect what waits to be mailed: sign-in codes and links are among it.

    :raises ConfigurationError: there is no encryption key.
    """
    return [keys.derive_fernet(_key(), "mail outbox")]


def _key() -> bytes:
    if not settings.ENCRYPTION_KEY_IS_CONFIGURED:
        raise ConfigurationError("There is no encryption key yet. Set ENCRYPTION_KEY, or start the service once.")
    key: bytes = settings.ENCRYPTION_KEY
    return key

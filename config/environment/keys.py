"""The encryption key: where it comes from, and the keys that are derived from it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .exceptions import ConfigurationError
from .schema import Environment
from .values import encryption_key

KEY_FILE = "encryption_key"


def resolve_key(environment: Environment) -> bytes | None:
    """Return the key that the environment or the data folder holds, or None when there is none.

    :raises ConfigurationError: both hold one and they differ, or the file is unreadable or too short.
    """
    path = environment.data_dir / KEY_FILE
    stored = _read_key_file(path)
    given = environment.encryption_key
    if given is not None and stored is not None and not hmac.compare_digest(given, stored):
        raise ConfigurationError(
            f"ENCRYPTION_KEY differs from the key in {path}. Keep the one that the data was made with; remove the other."
        )
    return given if given is not None else stored


def create_key_file(data_dir: Path) -> Path:
    """Write a new key of 32 random bytes (as text), readable by the owner only, and return its path.

    :raises FileExistsError: another process was first.
    """
    path = data_dir / KEY_FILE
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode() + "\n")
    return path


def random_key() -> bytes:
    """Return a key for a process that touches no secret; it is stored nowhere."""
    return secrets.token_bytes(32)


def derive(key: bytes, label: str, length: int = 32) -> bytes:
    """Return ``length`` bytes derived from ``key`` for one purpose (HKDF-SHA256, RFC 5869)."""
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=f"hearthkey {label}".encode()).derive(key)


def derive_text(key: bytes, label: str, length: int = 32) -> str:
    """Return :func:`derive` as base64url, unpadded."""
    return base64.urlsafe_b64encode(derive(key, label, length)).decode().rstrip("=")


def derive_fernet(key: bytes, label: str) -> str:
    """Return a Fernet key (base64url, padded) derived for one purpose."""
    return base64.urlsafe_b64encode(derive(key, label)).decode()


def check_value(key: bytes) -> str:
    """Return the HMAC (hex) that says which key a database was made with, without telling the key."""
    return hmac.new(derive(key, "key check"), b"hearthkey key check 1", hashlib.sha256).hexdigest()


def _read_key_file(path: Path) -> bytes | None:
    try:
        content = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except NotADirectoryError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConfigurationError(f"The key file {path} can't be read ({reason}).") from error
    if not content.strip():
        raise ConfigurationError(f"The key file {path} is empty. Put the key back that the data was made with.")
    try:
        return encryption_key(content.removesuffix("\n"))
    except ValueError:
        raise ConfigurationError(f"The key file {path} is too short: a key has at least 16 bytes.") from None

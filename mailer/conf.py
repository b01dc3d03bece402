"""The app's settings, ``HEARTHKEY_MAILER_<NAME>``, each a value or a callable without arguments, read on use."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final, cast

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

PREFIX: Final = "HEARTHKEY_MAILER_"
#: What ``SECURITY`` may be.
SECURITIES: Final = ("none", "starttls", "tls")
DEFAULT_COLOUR: Final = "#a8400f"


def _read(name: str, default: Any) -> Any:
    value = getattr(settings, f"{PREFIX}{name}", default)
    return value() if callable(value) else value


def host() -> str | None:
    """The mail server. Unset: mails go through Django's ``EMAIL_BACKEND``; empty: no mail is sent at all."""
    value = _read("HOST", None)
    return None if value is None else str(value).strip()


def port() -> int:
    """The mail server's port. 587, where servers take mail from those who log in."""
    return int(_read("PORT", 587) or 587)


def user() -> str:
    """Who logs in at the mail server; empty for a server that asks nobody."""
    return str(_read("USER", "") or "")


def password() -> str:
    """With which password. It stands in no log line, no error and no ``repr``."""
    return str(_read("PASSWORD", "") or "")


def security() -> str:
    """``starttls`` (default), ``tls`` from the first byte, or ``none``: then whoever is on the way reads along."""
    return str(_read("SECURITY", "starttls") or "starttls")


def verify_certificate() -> bool:
    """Whether the server must prove its name. Off, whoever is on the way can pose as the server."""
    return bool(_read("VERIFY_CERTIFICATE", True))


def timeout() -> timedelta:
    """How long the server may take for each answer; 15 s. Three times this should be less than a job's time."""
    return cast(timedelta, _read("TIMEOUT", timedelta(seconds=15)))


def trial_timeout() -> timedelta:
    """The same for the test mail, for which somebody waits; 8 s."""
    return cast(timedelta, _read("TRIAL_TIMEOUT", timedelta(seconds=8)))


def lease() -> timedelta:
    """How long a try may take before it counts as dead and another worker tries; 5 minutes. Longer than any timeout."""
    return cast(timedelta, _read("LEASE", timedelta(minutes=5)))


def from_address() -> str:
    """What mails come from: ``FROM``, else the user name at the server if that is an address, else Django's default."""
    configured = str(_read("FROM", "") or "").strip()
    if configured:
        return configured
    return user() if "@" in user() else settings.DEFAULT_FROM_EMAIL


def instance_name() -> str:
    """What the service is called: the sender's name, and in the texts."""
    return str(_read("INSTANCE_NAME", "") or "Hearthkey")


def colour() -> str:
    """The colour of buttons and links, ``#rrggbb``: white text must be readable on it, and it on white."""
    return str(_read("COLOUR", None) or DEFAULT_COLOUR)


def logo_url() -> str:
    """The absolute address of a logo, or empty for the name alone."""
    return str(_read("LOGO_URL", None) or "")


def kinds_off() -> frozenset[str]:
    """The kinds of mail that are not sent."""
    return frozenset(_read("KINDS_OFF", ()) or ())


def kinds() -> Sequence[Any]:
    """The site's own kinds of mail, each a ``services.kinds.Kind``; they win over the app's."""
    return cast("Sequence[Any]", _read("KINDS", ()))


def encryption_keys() -> Sequence[bytes]:
    """Fernet keys for the variables in the outbox: the first encrypts, all decrypt.

    Default: derived from SECRET_KEY and SECRET_KEY_FALLBACKS. Mails that wait under a key that is gone can't be sent.
    """
    configured = _read("ENCRYPTION_KEYS", None)
    if configured:
        return [key.encode() if isinstance(key, str) else key for key in configured]
    return [_derived(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def adapter_path(name: str) -> str | None:
    """Dotted path of an adapter, ``HEARTHKEY_MAILER_<name>``, or None for the default of ``adapters.py``."""
    return cast("str | None", getattr(settings, f"{PREFIX}{name}", None))


def _derived(secret: str | bytes) -> bytes:
    material = secret.encode() if isinstance(secret, str) else secret
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"hearthkey mailer outbox")
    return base64.urlsafe_b64encode(hkdf.derive(material))

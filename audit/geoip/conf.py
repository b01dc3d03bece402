"""The settings of this part, ``HEARTHKEY_AUDIT_GEOIP_<NAME>``: each a value or a callable without arguments, read on use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings


def _read(name: str, default: Any = None) -> Any:
    value = getattr(settings, f"HEARTHKEY_AUDIT_{name}", default)
    return value() if callable(value) else value


def path() -> Path | None:
    """The GeoLite2-City file. None, the default, looks nothing up. What is downloaded is put there."""
    found = _read("GEOIP_PATH")
    return Path(found) if found else None


def license_key() -> str:
    """MaxMind's licence key. Empty downloads nothing from MaxMind. It is sent to MaxMind alone."""
    return str(_read("GEOIP_LICENSE_KEY") or "")


def url() -> str:
    """Another source of the file, as .mmdb, .mmdb.gz or .tar.gz. It takes MaxMind's place."""
    return str(_read("GEOIP_URL") or "")


def may_call() -> str:
    """The dotted path of the adapter that says which addresses may be called; see ``adapters.py``."""
    return str(_read("GEOIP_MAY_CALL") or f"{__package__}.adapters.public_only")

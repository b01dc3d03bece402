"""Where the file comes from."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit, urlunsplit

from . import conf

#: The form that needs no account number beside the key.
MAXMIND = "https://download.maxmind.com/app/geoip_download"


@dataclass(frozen=True, slots=True)
class Source:
    """An archive and its SHA-256. Both addresses may hold a key, so neither is shown anywhere; ``host`` may be."""

    host: str
    archive: str = field(repr=False)
    checksum: str = field(repr=False)
    #: Whether the checksum must be there; elsewhere than at MaxMind it may be missing.
    must_check: bool

    @property
    def fingerprint(self) -> str:
        """A short text that is another one for another source or key, and tells neither."""
        return hashlib.sha256(self.archive.encode()).hexdigest()[:16]


def current() -> Source | None:
    """Return the source that the settings name, None where the file is the site's own business."""
    if url := conf.url():
        parts = urlsplit(url)
        return Source(parts.hostname or "", url, urlunsplit(parts._replace(path=parts.path + ".sha256")), False)
    if key := conf.license_key():
        return Source(
            urlsplit(MAXMIND).hostname or "", _at_maxmind(key, "tar.gz"), _at_maxmind(key, "tar.gz.sha256"), True
        )
    return None


def _at_maxmind(key: str, suffix: str) -> str:
    return f"{MAXMIND}?{urlencode({'edition_id': 'GeoLite2-City', 'license_key': key, 'suffix': suffix})}"

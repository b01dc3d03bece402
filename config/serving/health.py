"""What an operator should know about this instance, and what helps. Read anew for every look at the panel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from accounts.services.code_guard import is_being_guessed
from audit.geoip import status as geoip_status
from audit.geoip.exceptions import GeoIPError

from ..environment.keys import KEY_FILE

MOUNTS: Final = Path("/proc/self/mounts")

#: File systems whose locks SQLite can't rely on: its write-ahead log needs memory that both sides share.
NETWORK_FILE_SYSTEMS: Final = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "fuse.rclone", "ceph"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to put right: what is so, why it matters, and the command or variable that helps."""

    level: Literal["warning", "danger"]
    title: str
    advice: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the checks judge. ``file_system`` is the type of the data folder's, empty when it is unknown."""

    is_sqlite: bool
    data_dir: Path
    has_key_variable: bool
    has_key_file: bool
    app_is_https: bool
    trusts_a_proxy: bool
    limits_are_off: bool
    file_system: str = ""
    #: Why places are not known, where the operator wants them.
    places: GeoIPError | None = None
    #: So many wrong codes were typed within the hour that codes pause.
    codes_are_guessed: bool = False


def key_lies_with_the_data(facts: Facts) -> Finding | None:
    """Whoever copies the data folder has the key too. On PostgreSQL the data lies elsewhere."""
    if not (facts.is_sqlite and facts.has_key_file) or facts.has_key_variable:
        return None
    return Finding(
        "warning",
        _("The encryption key is stored with the data"),
        _(
            "Anyone who gets a copy of the data directory, such as a backup, can read everything in it. Move the key "
            "file elsewhere and set its path. Keep a copy: without the key, the data is lost."
        ),
        f"mv {facts.data_dir / KEY_FILE} /elsewhere/\nENCRYPTION_KEY_FILE=/elsewhere/{KEY_FILE}",
    )


def key_was_left_with_the_data(facts: Facts) -> Finding | None:
    """The variable is set, and the file that it replaces is still there."""
    if not (facts.is_sqlite and facts.has_key_file and facts.has_key_variable):
        return None
    return Finding(
        "warning",
        _("A copy of the encryption key is left in the data directory"),
        _("The key is set by its variable, so the file is no longer needed. Keep a copy of it elsewhere."),
        f"rm {facts.data_dir / KEY_FILE}",
    )


def addresses_are_the_proxys(facts: Facts) -> Finding | None:
    """Only a proxy speaks https here, and it is not believed."""
    if not facts.app_is_https or facts.trusts_a_proxy:
        return None
    return Finding(
        "warning",
        _("Every visitor appears to have the same address"),
        _(
            "The address in lists, logs and limits is the proxy's, so people share one limit. If the proxy is on this "
            "computer or in its container network, trust it; otherwise name its address."
        ),
        "TRUST_PROXY=true",
    )


def limits_are_off(facts: Facts) -> Finding | None:
    """Guessing is not slowed down."""
    if not facts.limits_are_off:
        return None
    return Finding(
        "danger",
        _("Rate limits are switched off"),
        _("Nothing slows down attempts to guess codes. Remove the variable, or set:"),
        "DISABLE_RATE_LIMITING=false",
    )


def database_is_on_a_network_drive(facts: Facts) -> Finding | None:
    """SQLite's locks fail there sooner or later."""
    if not facts.is_sqlite or facts.file_system not in NETWORK_FILE_SYSTEMS:
        return None
    return Finding(
        "danger",
        _("The database is on a network drive"),
        _("SQLite can lose data there. Keep the data folder on a disk of this computer, or use PostgreSQL:"),
        "DB_CONNECTION_STRING=postgresql://…",
    )


def places_are_unknown(facts: Facts) -> Finding | None:
    """Nothing else depends on them, so this is never more than a warning."""
    if facts.places is None:
        return None
    return Finding(
        "warning",
        _("The location of sign-ins is unknown"),
        _("%(reason)s Everything else works. Locations are shown as unknown until this is fixed.")
        % {"reason": facts.places.message},
        _PLACES_REMEDIES.get(facts.places.code, "MAXMIND_LICENSE_KEY=…\nGEOLITE_DB_PATH=/…/GeoLite2-City.mmdb"),
    )


def codes_are_guessed(facts: Facts) -> Finding | None:
    """Somebody tries codes, from one address or from many; the links and passkeys go on."""
    if not facts.codes_are_guessed:
        return None
    return Finding(
        "danger",
        _("Someone is guessing sign-in codes"),
        _(
            "Within an hour more than a hundred wrong codes were typed. Codes pause for a minute after each further one; "
            "links, QR codes and passkeys work as ever. The audit trail says from where; block that, or wait."
        ),
        "/admin/hearthkey_audit/event/?event=login_code_refused",
    )


#: By the error's code, where something else helps than another source.
_PLACES_REMEDIES: Final = {
    "no_library": "pip install geoip2",
    "refused": "MAXMIND_LICENSE_KEY=…",
    "disk": "chown, or GEOLITE_DB_PATH=/…/GeoLite2-City.mmdb",
    "forbidden_address": "OUTBOUND_ALLOW=…",
    "missing": "GEOLITE_DB_PATH=/…/GeoLite2-City.mmdb",
    "pending": "python manage.py worker",
    "tls_failed": "SSL_CERT_FILE=…",
}


CHECKS: Final[tuple[Callable[[Facts], Finding | None], ...]] = (
    codes_are_guessed,
    limits_are_off,
    database_is_on_a_network_drive,
    key_lies_with_the_data,
    key_was_left_with_the_data,
    addresses_are_the_proxys,
    places_are_unknown,
)


def findings() -> list[Finding]:
    """Return what is to be put right now, the worst first; empty when all is well. Asks the database once."""
    facts = current_facts()
    return [finding for check in CHECKS if (finding := check(facts)) is not None]


def current_facts() -> Facts:
    """Return the settings and files of this moment."""
    data_dir: Path = settings.DATA_DIR
    return Facts(
        is_sqlite=connection.vendor == "sqlite",
        data_dir=data_dir,
        has_key_variable=settings.ENVIRONMENT.encryption_key is not None,
        has_key_file=(data_dir / KEY_FILE).is_file(),
        app_is_https=settings.APP_IS_HTTPS,
        trusts_a_proxy=bool(settings.TRUSTED_PROXIES),
        limits_are_off=settings.ENVIRONMENT.disable_rate_limiting,
        file_system=file_system_of(data_dir, mounts=_mounts()),
        places=_places(),
        codes_are_guessed=is_being_guessed(),
    )


def _places() -> GeoIPError | None:
    """Return what is wrong with the places; that there is no file is fine where nobody asked for one."""
    environment = settings.ENVIRONMENT
    is_wanted = environment.maxmind_license_key or environment.geolite_db_url or environment.geolite_db_path
    found = geoip_status.problem()
    return found if found is not None and (is_wanted or found.code != "missing") else None


def file_system_of(folder: Path, *, mounts: str) -> str:
    """Return the type of the file system that holds ``folder`` by a mount table as in proc(5), or an empty text."""
    best, found = -1, ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = Path(fields[1].replace("\\040", " "))
        # A later mount on the same point covers the earlier one.
        if folder.is_relative_to(point) and len(point.parts) >= best:
            best, found = len(point.parts), fields[2]
    return found


def _mounts() -> str:
    try:
        return MOUNTS.read_text(encoding="utf-8", errors="replace")
    except OSError:
        # Not Linux: nothing is known, so nothing is said.
        return ""

"""The only reader of the process environment: one typed schema, read strictly.

An ill-formed value raises :class:`ConfigurationError`, whose text is one line that names the variable and says
what is allowed. ``docs/configuration.md`` is generated from this schema.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from .exceptions import ConfigurationError
from .values import (
    BOOLEAN,
    MINIMUM_SECRET_BYTES,
    Network,
    app_url,
    boolean,
    connection_string,
    days,
    download_url,
    encryption_key,
    host,
    internal_url,
    license_key,
    log_level,
    outbound_allow,
    port,
    setup_token,
    trust_proxy,
    uid,
)

BASE_DIR = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Variable:
    """One variable of the schema: how it is read and how it is documented."""

    name: str
    parse: Callable[[str], Any]
    allowed: str
    doc: str
    shown_default: str
    secret: bool = False


def _variable(
    name: str,
    parse: Callable[[str], Any],
    *,
    default: Any = None,
    allowed: str,
    doc: str,
    shown_default: str = "",
    secret: bool = False,
) -> Any:
    variable = Variable(name, parse, allowed, doc, shown_default, secret)
    return dataclasses.field(default=default, metadata={"variable": variable})


@dataclass(frozen=True, kw_only=True)
class Environment:
    """Everything that the environment says, typed. ``None`` stands for unset."""

    app_url: str = _variable(
        "APP_URL",
        app_url,
        default="",
        allowed="https:// and a DNS name, or http:// and localhost or a name under .localhost; no path",
        doc="The address at which people open Hearthkey. It is the issuer, and passkeys are bound to its host.",
        shown_default="`http://localhost:` and the port",
    )
    encryption_key: bytes | None = _variable(
        "ENCRYPTION_KEY",
        encryption_key,
        allowed=f"at least {MINIMUM_SECRET_BYTES} bytes",
        doc="Protects what is encrypted at rest; every other key is derived from it. Keep it with your backups, "
        "apart from the data.",
        shown_default="a key made on the first start, in `DATA_DIR/encryption_key` (SQLite only)",
        secret=True,
    )
    trust_proxy: tuple[Network, ...] = _variable(
        "TRUST_PROXY",
        trust_proxy,
        default=(),
        allowed=f"{BOOLEAN}, or a comma-separated list of IP addresses and CIDR ranges",
        doc="Whose X-Forwarded-For is believed. `true` trusts loopback, link-local and private peers: a proxy on "
        "this host or its container network.",
        shown_default="false",
    )
    data_dir: Path = _variable(
        "DATA_DIR",
        lambda value: BASE_DIR / value,
        default=BASE_DIR / "data",
        allowed="a folder; a relative path starts at the project's root",
        doc="Where SQLite, the key file and backups live. Made with mode 0700 when missing.",
        shown_default="`data`",
    )
    db_connection_string: str | None = _variable(
        "DB_CONNECTION_STRING",
        connection_string,
        allowed="postgres:// or postgresql:// and the rest of a libpq URL",
        doc="The PostgreSQL database. Empty means SQLite in the data folder.",
        shown_default="SQLite",
        secret=True,
    )
    port: int = _variable(
        "PORT", port, default=1411, allowed="1 to 65535", doc="The port to listen on.", shown_default="1411"
    )
    host: str = _variable(
        "HOST",
        host,
        default="127.0.0.1",
        allowed="an IP address or a host name",
        doc="The address to listen on. The container listens on all.",
        shown_default="127.0.0.1",
    )
    puid: int = _variable(
        "PUID",
        uid,
        default=1000,
        allowed="0 to 4294967294",
        doc="Container only: the user id that owns the data folder and runs the service.",
        shown_default="1000",
    )
    pgid: int = _variable(
        "PGID",
        uid,
        default=1000,
        allowed="0 to 4294967294",
        doc="Container only: the group id, likewise.",
        shown_default="1000",
    )
    internal_app_url: str | None = _variable(
        "INTERNAL_APP_URL",
        internal_url,
        allowed="http:// or https:// and a host; no path",
        doc="The address at which clients' servers reach Hearthkey, when it differs: discovery then names the token, "
        "userinfo and JWKS endpoints under it.",
        shown_default="as APP_URL",
    )
    setup_token: str | None = _variable(
        "SETUP_TOKEN",
        setup_token,
        allowed="at least 16 characters out of A-Z a-z 0-9 . _ ~ -",
        doc="Fixes the token of the first-run wizard and closes the time in which the wizard is open without one.",
        shown_default="derived from the key",
        secret=True,
    )
    maxmind_license_key: str | None = _variable(
        "MAXMIND_LICENSE_KEY",
        license_key,
        allowed="letters, digits, _ and -",
        doc="MaxMind's licence key. With it the country and city of an address are known: GeoLite2-City is downloaded, "
        "and again when it is older than 14 days.",
        secret=True,
    )
    geolite_db_path: Path | None = _variable(
        "GEOLITE_DB_PATH",
        lambda value: BASE_DIR / value,
        allowed="a file; a relative path starts at the project's root",
        doc="Where the file of places lies. It is read anew when it changes. What `MAXMIND_LICENSE_KEY` or "
        "`GEOLITE_DB_URL` downloads is put there; without either of them it is yours to keep fresh.",
        shown_default="`DATA_DIR/GeoLite2-City.mmdb`",
    )
    geolite_db_url: str | None = _variable(
        "GEOLITE_DB_URL",
        download_url,
        allowed="https:// or http://, a host and a path; no user name",
        doc="Another source than MaxMind for a file in its format, as .mmdb, .mmdb.gz or .tar.gz. The licence key is not "
        "sent there. A checksum is read from the same address with `.sha256` behind its path, where there is one. A "
        "private address, or plain http, must be named in `OUTBOUND_ALLOW`.",
        secret=True,
    )
    outbound_allow: tuple[str, ...] = _variable(
        "OUTBOUND_ALLOW",
        outbound_allow,
        default=(),
        allowed="a comma-separated list of host names and CIDR ranges",
        doc="Private hosts and ranges that Hearthkey may call for any client (logout notices, public keys) and for "
        "`GEOLITE_DB_URL`, over plain http too. A client marked “On my network” needs no entry; link-local addresses are never called.",
    )
    audit_log_retention_days: int = _variable(
        "AUDIT_LOG_RETENTION_DAYS",
        days,
        default=90,
        allowed="a whole number from 1",
        doc="How many days events are kept in the audit trail. Older ones are removed once a day.",
        shown_default="90",
    )
    log_level: str = _variable(
        "LOG_LEVEL",
        log_level,
        default="INFO",
        allowed="debug, info, warning or error",
        doc="The least level that is logged.",
        shown_default="info",
    )
    log_json: bool = _variable(
        "LOG_JSON",
        boolean,
        default=False,
        allowed=BOOLEAN,
        doc="One JSON object per log line.",
        shown_default="false",
    )
    disable_rate_limiting: bool = _variable(
        "DISABLE_RATE_LIMITING",
        boolean,
        default=False,
        allowed=BOOLEAN,
        doc="Switches every rate limit off; the log warns of it.",
        shown_default="false",
    )
    #: False where ``app_url`` is the default for this computer.
    app_url_is_set: bool = True


#: Variables of the incumbent that do nothing here; named in one log line when set.
INCUMBENT_ONLY = [
    "TRUSTED_PLATFORM",
    "PROXY_PROTOCOL",
    "UNIX_SOCKET",
    "UNIX_SOCKET_MODE",
    "SYSTEMD_SOCKET",
    "TLS_CERT",
    "TLS_KEY",
    "TLS_CERT_FILE",
    "TLS_KEY_FILE",
    "FILE_BACKEND",
    "UPLOAD_PATH",
    "S3_BUCKET",
    "S3_REGION",
    "S3_ENDPOINT",
    "S3_ACCESS_KEY_ID",
    "S3_SECRET_ACCESS_KEY",
    "S3_FORCE_PATH_STYLE",
    "S3_DISABLE_DEFAULT_INTEGRITY_CHECKS",
    "STATIC_API_KEY",
    "UI_CONFIG_DISABLED",
    "ALLOW_INSECURE_CALLBACK_URLS",
    "ALLOW_DOWNGRADE",
    "ANALYTICS_DISABLED",
    "VERSION_CHECK_DISABLED",
    "LOCAL_IPV6_RANGES",
    "DISABLE_ANIMATIONS",
    "EMAIL_API_KEY_EXPIRATION_ENABLED",
    "EMAIL_ONE_TIME_ACCESS_AS_ADMIN_ENABLED",
    "EMAIL_VERIFICATION_ENABLED",
    "SIGNUP_DEFAULT_CUSTOM_CLAIMS",
    "CIMD_URL_ALLOWLIST",
    "ACTORS_HOST",
    "ACTORS_PORT",
    "LOG_QUERY_ARGS",
    "APP_ENV",
]


def variables() -> tuple[Variable, ...]:
    """Return the variables that nothing but the environment sets."""
    return tuple(field.metadata["variable"] for field in _fields())


def load_dotenv() -> None:
    """Add the variables of the ``.env`` file beside manage.py that the process does not have already.

    ``ENV_FILE`` names another file; the tests name an empty one.
    """
    path = os.environ.get("ENV_FILE") or BASE_DIR / ".env"
    for name, value in dotenv_values(path, interpolate=False).items():
        if value is not None:
            os.environ.setdefault(name, value)


def read(environ: Mapping[str, str] | None = None) -> Environment:
    """Return the environment, checked against the schema.

    :raises ConfigurationError: a value is ill-formed, a secret stands in both its variable and its ``_FILE`` twin,
        such a file can't be read, or a mail server's password is there without the server.
    """
    source = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    for field in _fields():
        variable: Variable = field.metadata["variable"]
        raw = raw_value(variable, source)
        if raw is not None:
            values[field.name] = parsed(variable, raw)
    found = Environment(**values)
    if not found.app_url:
        default_port = "" if found.port == 80 else f":{found.port}"
        found = dataclasses.replace(found, app_url=f"http://localhost{default_port}", app_url_is_set=False)
    return found


def unused_names(environ: Mapping[str, str] | None = None) -> list[str]:
    """Return the variables that are set and belong to the incumbent alone."""
    source = os.environ if environ is None else environ
    return [name for name in INCUMBENT_ONLY if source.get(name)]


def child_environment(**extra: str) -> dict[str, str]:
    """Return this process's environment with ``extra``, for a child process."""
    return {**os.environ, **extra}


def _fields() -> list[dataclasses.Field[Any]]:
    return [field for field in dataclasses.fields(Environment) if "variable" in field.metadata]


def raw_value(variable: Variable, source: Mapping[str, str]) -> str | None:
    value = source.get(variable.name, "")
    file_name = source.get(f"{variable.name}_FILE", "") if variable.secret else ""
    if value and file_name:
        raise ConfigurationError(f"{variable.name} and {variable.name}_FILE are both set; keep one of them.")
    if file_name:
        try:
            value = Path(file_name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise ConfigurationError(f"{variable.name}_FILE can't be read ({reason}).") from error
        value = value.removesuffix("\n").removesuffix("\r")
        if not value:
            # An unset secret may mean something quite different: SQLite, or a key made by ourselves.
            raise ConfigurationError(f"{variable.name}_FILE can't be used: the file is empty.")
    return value or None


def parsed(variable: Variable, raw: str) -> Any:
    try:
        return variable.parse(raw)
    except ValueError as error:
        # A secret's value must not reach the log through the error.
        shown = "" if variable.secret else f" ({raw[:100]!r})"
        reason = f" {error}." if str(error) else ""
        raise ConfigurationError(
            f"{variable.name} has a value that can't be used{shown}:{reason} Allowed: {variable.allowed}."
        ) from None


def is_loopback_url(url: str) -> bool:
    """Return whether an APP_URL that was accepted points at this computer."""
    return url.startswith("http://")

"""What a value of each kind looks like. Every function takes the text and raises ValueError with the reason."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

BOOLEAN = "true, false, 1, 0, yes or no"
MINIMUM_SECRET_BYTES = 16

#: What ``TRUST_PROXY=true`` means: this host, its links and its private networks.
NEARBY: tuple[Network, ...] = tuple(
    ipaddress.ip_network(network)
    for network in (
        "127.0.0.0/8",
        "::1/128",
        "169.254.0.0/16",
        "fe80::/10",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "fc00::/7",
    )
)

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DNS_NAME = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*\Z")


def boolean(value: str) -> bool:
    match value.strip().lower():
        case "true" | "1" | "yes":
            return True
        case "false" | "0" | "no":
            return False
    raise ValueError


def whole_number(value: str, lowest: int, highest: int) -> int:
    if not re.fullmatch(r"[0-9]{1,10}", value.strip()):
        raise ValueError
    number = int(value)
    if not lowest <= number <= highest:
        raise ValueError
    return number


def port(value: str) -> int:
    return whole_number(value, 1, 65535)


def uid(value: str) -> int:
    return whole_number(value, 0, 2**32 - 2)


def days(value: str) -> int:
    return whole_number(value, 1, 36500)


def host(value: str) -> str:
    name = value.strip().lower()
    if is_ip(name.strip("[]")) or _DNS_NAME.match(name):
        return name.strip("[]")
    raise ValueError


def log_level(value: str) -> str:
    name = value.strip().upper()
    name = {"WARN": "WARNING"}.get(name, name)
    if name not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
        raise ValueError
    return name


def encryption_key(value: str) -> bytes:
    key = value.encode()
    if len(key) < MINIMUM_SECRET_BYTES:
        raise ValueError(f"it has {len(key)} bytes")
    return key


def setup_token(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._~-]{16,200}", value):
        raise ValueError
    return value


def license_key(value: str) -> str:
    key = value.strip()
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,200}", key):
        raise ValueError
    return key


def download_url(value: str) -> str:
    if not re.fullmatch(r"[\x21-\x7e]+", value):
        raise ValueError("it holds a blank or a character that no URL may")
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.fragment:
        raise ValueError
    if "@" in parts.netloc:
        raise ValueError("it must not hold a user name")
    _ = parts.port  # raises ValueError when it is no port
    return value


def connection_string(value: str) -> str:
    if not value.startswith(("postgres://", "postgresql://")):
        raise ValueError
    return value


def trust_proxy(value: str) -> tuple[Network, ...]:
    try:
        return NEARBY if boolean(value) else ()
    except ValueError:
        pass
    networks = []
    for part in value.split(","):
        try:
            networks.append(ipaddress.ip_network(part.strip(), strict=False))
        except ValueError:
            raise ValueError(f"{part.strip()!r} is no address or range") from None
    return tuple(networks)


def outbound_allow(value: str) -> tuple[str, ...]:
    entries = tuple(part.strip().lower() for part in value.split(",") if part.strip())
    for entry in entries:
        if not (_is_network(entry) or _DNS_NAME.match(entry)):
            raise ValueError(f"{entry!r} is no host name or range")
    return entries


def app_url(value: str) -> str:
    parts = _origin(value)
    name = parts.hostname or ""
    if is_ip(name):
        raise ValueError("passkeys don't work with an IP address; use a DNS name, or localhost on this computer")
    if not _DNS_NAME.match(name):
        raise ValueError("the host is no DNS name")
    local = name == "localhost" or name.endswith(".localhost")
    if parts.scheme == "http" and not local:
        raise ValueError("browsers allow passkeys over plain http on localhost only; use https")
    return _normalised(parts)


def internal_url(value: str) -> str:
    parts = _origin(value)
    name = parts.hostname or ""
    if "_" in name:
        # Compose names services so, but it is no host name, and Django answers none that has one.
        raise ValueError("a host name holds no underscore; give the service a name with a hyphen")
    if not (is_ip(name) or _DNS_NAME.match(name)):
        raise ValueError("the host is no name")
    return _normalised(parts)


def is_ip(name: str) -> bool:
    """Return whether ``name`` is an IP address, also in the short and decimal spellings that resolvers take."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        last = name.rstrip(".").rsplit(".", 1)[-1]
        return bool(re.fullmatch(r"[0-9]+|0x[0-9a-f]*", last))
    return True


def _is_network(value: str) -> bool:
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False
    return True


def _origin(value: str) -> SplitResult:
    if re.search(r"[\s\\]", value):
        raise ValueError("it holds a blank or a backslash")
    parts = urlsplit(value.lower())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError
    if parts.username is not None or parts.password is not None:
        raise ValueError("it must not hold a user name")
    if parts.path.strip("/") or parts.query or parts.fragment or "?" in value or "#" in value:
        raise ValueError("it must not have a path")
    if parts.netloc.endswith(":"):
        raise ValueError("the port is missing")
    _ = parts.port  # raises ValueError when it is no port
    return parts


def _normalised(parts: SplitResult) -> str:
    name = parts.hostname or ""
    shown = f"[{name}]" if ":" in name else name
    default = {"http": 80, "https": 443}[parts.scheme]
    suffix = "" if parts.port in (None, default) else f":{parts.port}"
    return f"{parts.scheme}://{shown}{suffix}"

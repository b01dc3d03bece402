"""Rules for addresses that may be called."""

from __future__ import annotations

import enum
import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from .. import conf
from ..exceptions import OutboundRefused

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Resolver(Protocol):
    """``socket.getaddrinfo`` or a replacement."""

    def __call__(self, host: str, port: int, *, type: int) -> Sequence[tuple[Any, ...]]: ...


class Reach(enum.IntEnum):
    """Kind of network that an address belongs to. Higher values need more permission."""

    PUBLIC = 0
    PRIVATE = 1
    NEVER = 2


@dataclass(frozen=True, slots=True)
class Target:
    """The parts of a URL. ``host`` has no brackets; ``path`` includes the query."""

    scheme: str
    host: str
    port: int
    path: str
    netloc: str


# Addresses where cloud providers hand out credentials. The link-local ones are rejected as link-local.
_METADATA = frozenset(
    ipaddress.ip_address(address)
    for address in (
        "168.63.129.16",  # Azure: a public address that the host machine answers
        "100.100.100.200",  # Alibaba
        "192.0.0.192",  # Oracle
        "fd00:ec2::254",  # Amazon
        "fd20:ce::254",  # Google
    )
)
# RFC 6052 and RFC 8215: what a gateway turns into the IPv4 address in the last 32 bits.
_NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
_SHARED = ipaddress.ip_network("100.64.0.0/10")  # RFC 6598: carriers' NAT, Tailscale
_SITE_LOCAL = ipaddress.ip_network("fec0::/10")
_VISIBLE_ASCII = re.compile(r"[\x21-\x7e]+\Z")


def parse(url: str) -> Target:
    """Return the parts of ``url``.

    :raises OutboundRefused: it isn't an http(s) URL, or contains credentials or a fragment.
    """
    if not _VISIBLE_ASCII.match(url):
        raise OutboundRefused("bad_url", "The address holds a character that no URL may; write other scripts as xn--….")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise OutboundRefused("bad_url", "The address is not a URL.") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise OutboundRefused("bad_url", "The address must begin with https:// and name a host.")
    if "@" in parts.netloc or parts.fragment:
        raise OutboundRefused("bad_url", "The address may hold neither a user name nor a fragment (#).")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80), path, parts.netloc)


def reach_of(address: Address) -> Reach:
    """Return the kind of network of ``address``. An IPv6 address that stands for an IPv4 one is judged as that one."""
    if address in _METADATA:
        return Reach.NEVER
    if isinstance(address, ipaddress.IPv4Address):
        return _own_reach(address)
    if address.ipv4_mapped is not None:
        return reach_of(address.ipv4_mapped)
    if any(address in network for network in _NAT64):
        return reach_of(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
    within = [*([address.sixtofour] if address.sixtofour else []), *(address.teredo or ())]
    return max(_own_reach(address), *map(reach_of, within)) if within else _own_reach(address)


def require_permitted(target: Target, address: Address, *, allow_private: bool) -> None:
    """Check that the target may be called at ``address``, which its host resolves to.

    :raises OutboundRefused: it may not.
    """
    reach, named = reach_of(address), _is_named(target.host, address)
    if reach is Reach.NEVER:
        raise OutboundRefused("forbidden_address", f"{target.host} leads to {address}, which is never called.")
    if reach is Reach.PRIVATE and not (allow_private or named):
        raise OutboundRefused(
            "private_address",
            f"{target.host} leads to the private address {address}. If that is right, tick “On my network” at the "
            "client, or name the host in OUTBOUND_ALLOW.",
        )
    if target.scheme == "http" and reach is Reach.PUBLIC and not named:
        raise OutboundRefused("https_required", f"{target.host} is on the Internet: its address must begin with https.")


def _own_reach(address: Address) -> Reach:
    if address.is_loopback or address in _SITE_LOCAL:  # ::1 counts as reserved too
        return Reach.PRIVATE
    if address.is_link_local or address.is_multicast or address.is_unspecified or address.is_reserved:
        return Reach.NEVER
    return Reach.PUBLIC if address.is_global and address not in _SHARED else Reach.PRIVATE


def _is_named(host: str, address: Address) -> bool:
    plain = getattr(address, "ipv4_mapped", None) or address
    for entry in conf.outbound_allow():
        try:
            network = ipaddress.ip_network(entry, strict=False)
        except ValueError:
            if entry.lower().rstrip(".") == host.rstrip("."):
                return True
        else:
            if plain in network:
                return True
    return False

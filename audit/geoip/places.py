"""What an address says about where its user is."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Final, Literal

from django.utils.translation import gettext as _

from . import database

Kind = Literal["public", "private", "loopback", "link-local", "tailnet", "unknown"]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Place:
    """A place, as far as it is known. ``country`` is the ISO 3166-1 code; only a public address has one."""

    kind: Kind
    country: str = ""
    country_name: str = ""
    city: str = ""

    @property
    def label(self) -> str:
        """The place in a few words: "Berlin, Germany", "Germany", "Local network" or "Unknown"."""
        match self.kind:
            case "loopback":
                return _("This computer")
            case "private" | "link-local":
                return _("Local network")
            case "tailnet":
                return _("Tailscale network")
        return ", ".join(part for part in (self.city, self.country_name or self.country) if part) or _("Unknown")


UNKNOWN: Final = Place("unknown")

# Named without a look-up, the first that fits. RFC 6598 has 100.64.0.0/10 for carriers, whose customers are never seen with
# it from outside; Tailscale uses it for its own.
_NEARBY: Final[tuple[tuple[Kind, tuple[str, ...]], ...]] = (
    ("loopback", ("127.0.0.0/8", "::1/128")),
    ("link-local", ("169.254.0.0/16", "fe80::/10")),
    ("tailnet", ("100.64.0.0/10", "fd7a:115c:a1e0::/48")),
    ("private", ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10")),
)
_NETWORKS: Final = tuple((kind, ipaddress.ip_network(network)) for kind, networks in _NEARBY for network in networks)


def lookup(address: str) -> Place:
    """Return where ``address`` is, in well under a millisecond. Never raises: what can't be told is "unknown"."""
    parsed = _parsed(address)
    if parsed is None:
        return UNKNOWN
    kind = _kind_of(parsed)
    if kind is not None:
        return Place(kind)
    found = database.find(str(parsed))
    if found is None or not (found.country or found.city):
        return UNKNOWN
    return Place("public", found.country, found.country_name, found.city)


def recorded(address: str, *, country: str, city: str) -> Place:
    """Return the place that was written down with ``address``, whatever the file says about it today.

    Only the country's code is written down; its name comes from the file, and is the code where that is gone.
    """
    parsed = _parsed(address)
    kind = _kind_of(parsed) if parsed is not None else None
    if kind is not None:
        return Place(kind)
    if not (country or city):
        return UNKNOWN
    return Place("public", country, database.country_name(country, str(parsed)), city)


def _parsed(address: str) -> Address | None:
    try:
        found = ipaddress.ip_address(address.strip().partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _kind_of(address: Address) -> Kind | None:
    for kind, network in _NETWORKS:
        if address in network:
            return kind
    return "unknown" if address.is_multicast or address.is_unspecified else None

"""What an address tells by itself: whether it is one, and of which nearby network."""

from __future__ import annotations

import ipaddress
from typing import Final, Literal

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Nearby = Literal["private", "loopback", "link-local", "tailnet"]

# The first that fits. RFC 6598 has 100.64.0.0/10 for carriers, whose customers are never seen with it from outside;
# Tailscale uses it for its own.
_NEARBY: Final[tuple[tuple[Nearby, tuple[str, ...]], ...]] = (
    ("loopback", ("127.0.0.0/8", "::1/128")),
    ("link-local", ("169.254.0.0/16", "fe80::/10")),
    ("tailnet", ("100.64.0.0/10", "fd7a:115c:a1e0::/48")),
    ("private", ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10")),
)
_NETWORKS: Final = tuple((kind, ipaddress.ip_network(network)) for kind, networks in _NEARBY for network in networks)


def read_address(text: str) -> Address | None:
    """Return the address without its zone, an IPv4 one out of its IPv6 form; None for a text that is no address."""
    try:
        found = ipaddress.ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def nearby(address: Address) -> Nearby | None:
    """Return which of the operator's own networks an address is of, None for one from outside."""
    return next((kind for kind, network in _NETWORKS if address in network), None)


def is_internal(text: str) -> bool | None:
    """Return whether an address is one of an own network; None for a text that is no address."""
    address = read_address(text)
    return nearby(address) is not None if address is not None else None

"""Which addresses belong to the operator's own network."""

from __future__ import annotations

import ipaddress
from typing import Final

#: Private (RFC 1918, RFC 4193), link-local, loopback, and what Tailscale and carriers use (RFC 6598).
_INTERNAL: Final = tuple(
    ipaddress.ip_network(network)
    for network in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
)


def is_internal(address: str) -> bool | None:
    """Return whether an address is one of an own network; None for a text that is no address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    mapped = getattr(parsed, "ipv4_mapped", None)
    return any((mapped or parsed) in network for network in _INTERNAL)

"""The one function that says which address a request came from."""

from __future__ import annotations

import ipaddress

from ..environment.values import Network

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def client_address(remote_addr: str, forwarded_for: str, trusted: tuple[Network, ...]) -> str:
    """Return the client's address: the rightmost hop of X-Forwarded-For that is no trusted proxy.

    The header counts only when the peer itself is trusted. A hop that is no address ends the walk: what stands
    left of it was written by nobody who is trusted. An empty text is returned when the peer has no address
    (a socket file).
    """
    peer = _parse(remote_addr)
    if peer is None:
        return ""
    best = peer
    if not _is_trusted(peer, trusted):
        return str(best)
    for hop in reversed(forwarded_for.split(",")):
        address = _parse(hop)
        if address is None:
            break
        best = address
        if not _is_trusted(address, trusted):
            break
    return str(best)


def rate_limit_key(address: str) -> str:
    """Return what stands for the client in rate limits: the address, or the /64 of an IPv6 one.

    One household owns a whole /64, so counting single addresses would let it start afresh at will.
    """
    parsed = _parse(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return address


def _is_trusted(address: Address, trusted: tuple[Network, ...]) -> bool:
    return any(address in network for network in trusted)


def _parse(text: str) -> Address | None:
    value = text.strip()
    if value.startswith("["):
        value = value[1:].split("]", 1)[0]
    elif value.count(":") == 1:
        value = value.split(":", 1)[0]
    try:
        address = ipaddress.ip_address(value.split("%", 1)[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address

"""Whether two addresses look like the same place."""

from __future__ import annotations

import ipaddress
from typing import Final

# What a household or an office gets from its provider, as a rule.
_PREFIXES: Final = {4: 24, 6: 64}


def are_on_different_networks(one: str | None, other: str | None) -> bool:
    """Whether these addresses belong to different networks. False where that can't be said.

    An address of each family says nothing: a phone and a television in one room often differ so. Two private ones share
    a site, whatever its own networks are.
    """
    if not one or not other:
        return False
    first, second = ipaddress.ip_address(one), ipaddress.ip_address(other)
    if first.version != second.version or (first.is_private and second.is_private):
        return False
    network = ipaddress.ip_network((first, _PREFIXES[first.version]), strict=False)
    return second not in network

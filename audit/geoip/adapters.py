"""The question this part asks its site: which addresses may be called for a download."""

from __future__ import annotations

import ipaddress
from typing import Protocol, cast

from django.utils.module_loading import import_string

from . import conf

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_SHARED = ipaddress.ip_network("100.64.0.0/10")


class MayCall(Protocol):
    """Why ``address``, to which ``host`` leads, may not be called with ``scheme``; empty when it may."""

    def __call__(self, *, scheme: str, host: str, address: Address) -> str: ...


def public_only(*, scheme: str, host: str, address: Address) -> str:
    """Permit public addresses over https."""
    plain = getattr(address, "ipv4_mapped", None) or address
    if not plain.is_global or plain.is_multicast or plain in _SHARED:
        return f"{host} leads to {address}, which is not public."
    if scheme != "https":
        return f"The address at {host} must begin with https."
    return ""


def may_call(*, scheme: str, host: str, address: Address) -> str:
    """Ask the site."""
    return ask_may_call()(scheme=scheme, host=host, address=address)


def ask_may_call() -> MayCall:
    """Return what ``HEARTHKEY_AUDIT_GEOIP_MAY_CALL`` names."""
    return cast(MayCall, import_string(conf.may_call()))

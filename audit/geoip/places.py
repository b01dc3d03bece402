"""What an address says about where its user is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from django.utils.translation import gettext as _

from ..addresses import Address, Nearby, nearby, read_address
from . import database

Kind = Nearby | Literal["public", "unknown"]


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


def lookup(address: str) -> Place:
    """Return where ``address`` is, in well under a millisecond. Never raises: what can't be told is "unknown"."""
    parsed = read_address(address)
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
    parsed = read_address(address)
    kind = _kind_of(parsed) if parsed is not None else None
    if kind is not None:
        return Place(kind)
    if not (country or city):
        return UNKNOWN
    return Place("public", country, database.country_name(country, str(parsed)), city)


def _kind_of(address: Address) -> Kind | None:
    """Return what is known of an address without a look-up."""
    return nearby(address) or ("unknown" if address.is_multicast or address.is_unspecified else None)

"""Where an address is, by a GeoLite2-City file that is kept fresh by itself."""

from __future__ import annotations

from .places import Place, lookup, recorded

__all__ = ["Place", "lookup", "recorded"]

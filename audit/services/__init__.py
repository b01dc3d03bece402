"""Writing to the audit trail, reading it page by page, and exporting it."""

from __future__ import annotations

from ..adapters import Origin
from .recording import NOBODY, Entry, Person, record, remove_expired

__all__ = ["NOBODY", "Entry", "Origin", "Person", "record", "remove_expired"]

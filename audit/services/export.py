"""The audit trail as CSV (RFC 4180), line by line, so that any number of events takes the memory of one page."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import UTC
from typing import Final

from ..models import Event
from .listing import Criteria, list_events

_BATCH: Final = 1000
#: A spreadsheet takes a cell that begins so for a formula, and people may choose their names.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")

COLUMNS: Final = (
    "time",
    "event",
    "what",
    "actor_id",
    "actor",
    "member_id",
    "member",
    "client",
    "address",
    "country",
    "city",
    "device",
    "user_agent",
    "session",
    "reference",
    "data",
)


def export_lines(*, criteria: Criteria) -> Iterator[str]:
    """Yield a header and one line per event that fits, newest first; each is read when it is asked for."""
    writer = csv.writer(_Lines(), quoting=csv.QUOTE_ALL)
    yield writer.writerow(COLUMNS)
    before, is_first = "", True
    while before or is_first:
        page = list_events(criteria=criteria, before=before, size=_BATCH)
        for event in page.events:
            yield writer.writerow([quoted(cell) for cell in _cells(event)])
        before, is_first = page.older, False


def quoted(cell: str) -> str:
    """Return a cell as text for every spreadsheet: one that would be a formula gets an apostrophe in front."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _cells(event: Event) -> tuple[str, ...]:
    return (
        event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        event.name,
        event.sentence,
        event.actor_id,
        event.actor_name,
        event.subject_id,
        event.subject_name,
        event.client_id,
        event.ip_address or "",
        event.country,
        event.city,
        event.device,
        event.user_agent,
        event.session_id,
        event.request_id,
        json.dumps(event.data, ensure_ascii=False),
    )


class _Lines:
    """A file for the csv module that keeps nothing: writing a line returns it."""

    def write(self, line: str) -> str:
        return line

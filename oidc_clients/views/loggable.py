"""What strangers send, as a log may repeat it."""

from __future__ import annotations

from typing import Final

MAX_LENGTH: Final = 200


def loggable(value: str | None) -> str:
    """The value in one short line of ASCII, without a query or a fragment: they may hold credentials."""
    if value is None:
        return "(none)"
    start = value[: MAX_LENGTH + 1]
    end = min((place for mark in "?#" if (place := start.find(mark)) >= 0), default=None)
    kept = start[: MAX_LENGTH if end is None else end]
    rest = "" if end is None else f"{start[end]}***"
    cut = "..." if end is None and len(value) > MAX_LENGTH else ""
    return "".join(c if " " <= c <= "~" else "?" for c in kept) + rest + cut

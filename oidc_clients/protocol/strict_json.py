"""Objects in JSON whose members stand there once: two of one name are read differently by different readers (RFC 8725 §2.4)."""

from __future__ import annotations

from typing import Any


class RepeatedMember(ValueError):
    """Two members of an object have the same name."""


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of these members, for ``object_pairs_hook``. Raises RepeatedMember."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise RepeatedMember
    return found

"""JSON objects without repeated members, which different parsers read differently (RFC 8725 §2.4)."""

from __future__ import annotations

from typing import Any


class RepeatedMember(ValueError):
    """Two members of an object have the same name."""


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object for ``object_pairs_hook``.

    :raises RepeatedMember: two members have the same name.
    """
    found = dict(pairs)
    if len(found) != len(pairs):
        raise RepeatedMember
    return found

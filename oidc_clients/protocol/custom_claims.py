"""Custom claims set by administrators: their names and values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, Final

from .claims import RESERVED

MAX_NAME_LENGTH: Final = 128
MAX_VALUE_LENGTH: Final = 4000
# Claims in another namespace are named by a URL (OpenID Connect Core §5.1.2).
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/#~-]*")
_RESERVED: Final = frozenset(name.casefold() for name in RESERVED)


def name_refusal(name: str) -> str | None:
    """Return why this can't be the name of a claim, or None."""
    if not _NAME.fullmatch(name) or len(name) > MAX_NAME_LENGTH:
        return f"A name has letters, digits and _ . : / # ~ - and at most {MAX_NAME_LENGTH} characters."
    if name.casefold() in _RESERVED:
        return "This claim is given by the service itself and can't be overridden."
    return None


def value_refusal(value: str) -> str | None:
    """Return why this can't be the value of a claim, or None."""
    if len(value) > MAX_VALUE_LENGTH:
        return f"A value has at most {MAX_VALUE_LENGTH} characters."
    if "\x00" in value:
        return "A value can't hold the character NUL."
    return None


def typed_value(value: str) -> Any:
    """Return the text as a JSON value if it is one, else the text itself (RFC 8259 has no NaN and no Infinity)."""
    try:
        found = json.loads(value)
        json.dumps(found, allow_nan=False)
    except (ValueError, RecursionError):
        return value
    return found


def merged(rows: Iterable[tuple[str, str, str]]) -> dict[str, Any]:
    """Merge rows of group, name and value. Rows with an empty group are the member's own and win.

    Among groups, the first one in alphabetical order wins.
    """
    claims: dict[str, Any] = {}
    for _group, name, value in sorted(rows):
        if name_refusal(name) is None:
            claims.setdefault(name, typed_value(value))
    return claims

"""Claims that operators make up: what they may be called, and which value a text stands for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, Final

from .claims import RESERVED

MAX_NAME_LENGTH: Final = 128
MAX_VALUE_LENGTH: Final = 4000
# What a claim of somebody else's namespace is called is a URL (OpenID Connect Core §5.1.2).
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/#~-]*")
_RESERVED: Final = frozenset(name.casefold() for name in RESERVED)


def name_refusal(name: str) -> str | None:
    """Why a claim can't be called so, or None."""
    if not _NAME.fullmatch(name) or len(name) > MAX_NAME_LENGTH:
        return f"A name has letters, digits and _ . : / # ~ - and at most {MAX_NAME_LENGTH} characters."
    if name.casefold() in _RESERVED:
        return "This claim is given by the service itself and can't be overridden."
    return None


def value_refusal(value: str) -> str | None:
    """Why a text can't be a claim's value, or None."""
    if len(value) > MAX_VALUE_LENGTH:
        return f"A value has at most {MAX_VALUE_LENGTH} characters."
    if "\x00" in value:
        return "A value can't hold the character NUL."
    return None


def typed_value(value: str) -> Any:
    """The JSON value that a text is, or the text itself where it is none (RFC 8259 knows no NaN and no Infinity)."""
    try:
        found = json.loads(value)
        json.dumps(found, allow_nan=False)
    except (ValueError, RecursionError):
        return value
    return found


def merged(rows: Iterable[tuple[str, str, str]]) -> dict[str, Any]:
    """The claims of rows of group, name and value; an empty group is the member, who comes first.

    Of two groups the one whose name comes first in the alphabet decides.
    """
    claims: dict[str, Any] = {}
    for _group, name, value in sorted(rows):
        if name_refusal(name) is None:
            claims.setdefault(name, typed_value(value))
    return claims

"""Making texts from anywhere harmless: in headers, in bodies and in the log."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

# Line breaks forge headers and lines, and marks of writing direction show a name as another.
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")
_LONGEST_ANSWER: Final = 400
#: Shorter ones are no secrets, and taking them out would leave a riddle.
_SHORTEST_SECRET: Final = 4


def one_line(text: str) -> str:
    """Return ``text`` on one line, each run of control characters and blanks as one space."""
    return " ".join(_CONTROL.sub(" ", text).split())


def clean(value: Any) -> Any:
    """Return a JSON value whose texts are one line each. Everything a mail says about somebody is that short."""
    if isinstance(value, str):
        return _CONTROL.sub(" ", value).strip()
    if isinstance(value, Mapping):
        return {str(key): clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean(item) for item in value]
    return value


def without(secrets: Iterable[str], text: str) -> str:
    """Return what a mail server said, on one line and without ``secrets``, which a hostile one could send back."""
    said = one_line(text)
    for form in sorted({form for secret in secrets for form in _forms(secret)}, key=len, reverse=True):
        said = re.sub(re.escape(form), "***", said, flags=re.IGNORECASE)
    return said if len(said) <= _LONGEST_ANSWER else f"{said[: _LONGEST_ANSWER - 1]}…"


def _forms(secret: str) -> list[str]:
    plain = one_line(secret)
    if len(plain) < _SHORTEST_SECRET:
        return []
    last = plain.rstrip("/").rpartition("/")[2]
    coded = base64.b64encode(plain.encode()).decode().rstrip("=")
    # Of a link, what follows the last slash is the secret; a code may be written in groups.
    return [plain, coded, *([last] if len(last) >= _SHORTEST_SECRET else []), plain.replace("-", "").replace(" ", "")]

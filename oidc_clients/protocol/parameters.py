"""Parsing request parameters (RFC 6749 §3.1, §3.2, appendix A)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from .errors import InvalidRequest

# RFC 8707 allows "resource" to be sent several times; no other parameter may be.
REPEATABLE: Final = frozenset({"resource"})
MAX_VALUE_LENGTH: Final = 8192


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of one request. A parameter without a value counts as not sent."""

    values: dict[str, str]
    repeated: frozenset[str]
    malformed: frozenset[str]

    def get(self, name: str) -> str | None:
        """Return the value, or None if it wasn't sent, was repeated or is malformed."""
        if name in self.repeated or name in self.malformed:
            return None
        return self.values.get(name)

    def refuse_faults(self) -> None:
        """Check the parameters.

        :raises InvalidRequest: one was repeated or is malformed; the description names it.
        """
        if self.repeated:
            raise InvalidRequest(f"These parameters were sent more than once: {_names(self.repeated)}.")
        if self.malformed:
            raise InvalidRequest(
                f"These parameters are too long or contain characters that are not allowed: {_names(self.malformed)}."
            )


def parse_parameters(pairs: Iterable[tuple[str, Sequence[str]]]) -> Parameters:
    """Return the parameters from decoded name and value pairs."""
    values: dict[str, str] = {}
    repeated, malformed = set(), set()
    for name, found in pairs:
        if len(found) > 1 and name not in REPEATABLE:
            repeated.add(name)
        value = found[-1] if found else ""
        if _is_malformed(name) or _is_malformed(value):
            malformed.add(name)
        elif value:
            values[name] = value
    return Parameters(values, frozenset(repeated), frozenset(malformed))


def _is_malformed(value: str) -> bool:
    return len(value) > MAX_VALUE_LENGTH or any(character < " " or character == "\x7f" for character in value)


def _names(names: frozenset[str]) -> str:
    """Return the parameter names that are safe to repeat in a response."""
    known = sorted(name for name in names if name.isascii() and name.replace("_", "").isalnum() and len(name) <= 40)
    return ", ".join(known) or "(unnamed)"

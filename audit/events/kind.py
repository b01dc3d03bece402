"""One kind of event: what it is called and how people read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of event.

    ``member`` is what its subject reads on their own page, empty where it is none of their business; ``operator`` is
    what operators read. Both name values as ``%(subject)s``, ``%(actor)s``, ``%(client)s``, ``%(fields)s`` or a key of
    the event's data. ``when`` holds values that the data must have. ``is_refusal`` marks what somebody tried in vain.
    """

    name: str
    title: Text
    operator: Text
    member: Text = ""
    when: Mapping[str, Any] = field(default_factory=dict)
    is_refusal: bool = False

    @property
    def key(self) -> str:
        """What tells this kind from every other: the name, and what its data must have."""
        return self.name + "".join(f":{key}={value}" for key, value in self.when.items())

    def fits(self, data: Mapping[str, Any]) -> bool:
        return all(data.get(key) == value for key, value in self.when.items())

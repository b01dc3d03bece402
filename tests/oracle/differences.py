"""Where this provider answers otherwise than django-oauth-toolkit's stock views, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Difference:
    """``case`` is a pattern of the corpus's names; ``stock`` holds every answer of the stock views that it stands for."""

    endpoint: str
    case: str
    ours: str
    stock: tuple[str, ...]
    reason: str


DIFFERENCES: Final[tuple[Difference, ...]] = ()

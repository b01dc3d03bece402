"""The table of causes, filled by the modules beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from .scene import Scene

Cause = Callable[[Scene], Any]

CAUSES: Final[dict[str, Cause]] = {}

#: Kinds of refusals with which something changed all the same: told in the transaction of that change.
WITH_A_CHANGE: Final[set[str]] = set()

#: Kinds that nothing here causes, and why.
NEVER: Final[dict[str, str]] = {}


def causes(key: str, *, with_a_change: bool = False) -> Callable[[Cause], Cause]:
    """Enter what causes the kind of this key: its name, and what its data must have, as lists are filtered by it.

    ``with_a_change`` is for a refusal that changes something: a replay that ends tokens, a request that is answered.
    """

    def enter(cause: Cause) -> Cause:
        assert key not in CAUSES, f"{key} has a cause already"
        CAUSES[key] = cause
        if with_a_change:
            WITH_A_CHANGE.add(key)
        return cause

    return enter


def only_of_other_sites(key: str) -> None:
    """Say that the kind is the last of its name and stands for what a site of its own may tell: nothing here does."""
    assert ":" not in key
    NEVER[key] = "Every event of this name that this project writes is of one of the kinds before it."

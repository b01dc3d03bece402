"""Running the checks of a grant in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from .state import Refused

State = TypeVar("State")
Attempt = TypeVar("Attempt")


def first_refusal(
    checks: Iterable[Callable[[State, Attempt], Refused | None]], state: State, attempt: Attempt
) -> Refused | None:
    """Return the refusal of the first check that fails, or None."""
    return next((refused for check in checks if (refused := check(state, attempt)) is not None), None)

"""Asking the checks of a grant, in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from .state import Refused

State = TypeVar("State")
Attempt = TypeVar("Attempt")


def first_refusal(
    checks: Iterable[Callable[[State, Attempt], Refused | None]], state: State, attempt: Attempt
) -> Refused | None:
    """The first check's refusal, or None when all agree."""
    return next((refused for check in checks if (refused := check(state, attempt)) is not None), None)

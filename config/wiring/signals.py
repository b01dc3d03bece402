"""What the project itself tells: frozen events of plain values, as the apps' are.

What failed is told after it; what somebody changed in its own transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.dispatch import Signal


@dataclass(frozen=True, slots=True)
class RateLimitHit:
    """A client address has to wait; ``policy`` names the limit. Told once in a while per address, not each time."""

    policy: str
    user: str | None = None
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class JobGivenUp:
    """A background job is parked after ``attempts`` attempts; ``job`` is its title, ``error`` how the last failed."""

    job: str
    task: str
    attempts: int
    error: str
    user: str | None = None
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class ConfigurationChanged:
    """Keys of the application configuration with their values as JSON; of a secret only that it changed."""

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    actor: str | None = None
    user: str | None = None


@dataclass(frozen=True, slots=True)
class JobRunAgain:
    """An operator lets a job be tried anew that was given up. Sent inside the transaction."""

    job: str
    task: str
    actor: str | None
    user: str | None = None


rate_limit_hit = Signal()
job_given_up = Signal()
configuration_changed = Signal()
job_run_again = Signal()

ALL: Final[tuple[Signal, ...]] = (rate_limit_hit, job_given_up, configuration_changed, job_run_again)

"""What the project itself tells: frozen events of plain values, as the apps' are. Both are sent after what failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

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


rate_limit_hit = Signal()
job_given_up = Signal()

ALL: Final[tuple[Signal, ...]] = (rate_limit_hit, job_given_up)

"""Background tasks. Arguments are JSON values. A task that raises an exception is run again."""

from __future__ import annotations

import uuid

from django_tasks import task

from .services import logout, rotation
from .services.sweep import sweep_all


@task()
def remove_expired() -> int:
    """Delete expired codes, tokens and requests in batches, and return the number of rows. Run it every hour."""
    return sweep_all()


@task()
def deliver_logout(delivery_id: str) -> None:
    """Notify one client that a session ended. Safe to run more than once."""
    logout.deliver_logout(delivery_id=uuid.UUID(delivery_id))


def give_up_logout(delivery_id: str) -> None:
    """Record that a logout notification isn't retried.

    For a worker whose last attempt was killed and couldn't record it.
    """
    logout.give_up(delivery_id=uuid.UUID(delivery_id))


@task()
def rotate_keys_when_due() -> str | None:
    """Advance the rotation of the signing keys if it is time, and return what was done. Run it every hour."""
    done = rotation.rotate_when_due()
    return None if done is None else f"{done.kid} {done.step.value}"

"""What runs outside a request. Arguments are JSON values; a task that raises is to be run again."""

from __future__ import annotations

import uuid

from django_tasks import task

from .services import logout, rotation
from .services.sweep import sweep_all


@task()
def remove_expired() -> int:
    """Remove expired codes, tokens and requests, in batches; return how many rows. Meant to run every hour."""
    return sweep_all()


@task()
def deliver_logout(delivery_id: str) -> None:
    """Tell one client that a session ended. May run more than once."""
    logout.deliver_logout(delivery_id=uuid.UUID(delivery_id))


def give_up_logout(delivery_id: str) -> None:
    """Say that a delivery is not tried again. For a worker whose last run of it was ended, and so could say nothing."""
    logout.give_up(delivery_id=uuid.UUID(delivery_id))


@task()
def rotate_keys_when_due() -> str | None:
    """Take the signing keys one step on, if it is time; return what was done. Meant to run every hour."""
    done = rotation.rotate_when_due()
    return None if done is None else f"{done.kid} {done.step.value}"

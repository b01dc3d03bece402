"""What runs outside a request. The only argument is a key; none of them raises because of a mail server."""

from __future__ import annotations

import uuid

from django_tasks import task

from .services import delivery


@task()
def deliver(message_id: str) -> str:
    """Try to send one mail, and return what became of it. May run more than once, and twice at the same time."""
    return delivery.deliver(message_id=uuid.UUID(message_id)).value


@task()
def deliver_waiting() -> int:
    """Try again what waits and is due; return how many mails left. Meant to run every minute."""
    return delivery.deliver_waiting()


@task()
def remove_expired() -> int:
    """Give up the mails whose time is over, and return how many. Meant to run every few minutes."""
    return delivery.give_up_expired()

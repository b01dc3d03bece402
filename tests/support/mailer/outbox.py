"""Mails that wait, and what a worker does with them."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from mailer import services
from mailer.models import Message
from mailer.services.delivery import Outcome, deliver
from mailer.services.kinds import kinds


def leave(task: Any, *args: Any) -> None:
    """Enqueue nothing."""


def put(kind: str = "new_sign_in", to: str = "ada@example.com", **variables: Any) -> Message:
    """Put a mail of this kind into the outbox, with the sample variables where no others are given."""
    before = set(Message.objects.values_list("pk", flat=True))
    assert services.send(kind=kind, to=to, variables={**kinds()[kind].sample, "expires_at": "", **variables})
    return Message.objects.exclude(pk__in=before).get()


def try_again(message: Message) -> Outcome:
    """Try a mail as a worker does once its time has come."""
    Message.objects.filter(pk=message.pk).update(due_at=timezone.now())
    return deliver(message_id=message.pk)

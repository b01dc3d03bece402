"""Ending members' sessions."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from .. import signals
from ..models import Session
from .actors import actor_key


def end_sessions(
    *,
    user: Any,
    reason: str,
    passkey: str | None = None,
    only_unconfirmed: bool = False,
    actor: Any | None = None,
) -> int:
    """End a member's sessions at once and return how many there were.

    :param passkey: only those that this passkey began or stepped up last.
    :param only_unconfirmed: only those in which no passkey was used.
    :param reason: a stable word for the audit trail.
    """
    with transaction.atomic():
        rows = Session.objects.filter(user=user)
        if passkey is not None:
            rows = rows.filter(passkey=passkey)
        if only_unconfirmed:
            rows = rows.exclude(method="passkey")
        count, _details = rows.delete()
        if count:
            event = signals.SessionEnded(user=str(user.pk), reason=reason, count=count, actor=actor_key(actor))
            signals.session_ended.send(sender=None, event=event)
    return count

"""Telling that an operator was refused. After the transaction that was undone, or the trail would be undone with it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group

from .. import signals
from ..exceptions import AccountsError, LastSuperuser, NotAllowed


def tell_refusal(*, actor: Any, action: str, target: Any = None, error: AccountsError | None = None) -> None:
    """Tell that ``actor`` may not do this. What was only typed wrong is no refusal and is not told.

    :param error: what the service raised, or None where the actor was not let to it.
    :param target: the member or group it was about, where there is one.
    """
    if error is not None and not isinstance(error, NotAllowed | LastSuperuser):
        return
    is_group = isinstance(target, Group)
    pk = str(target.pk) if target is not None and target.pk is not None else None
    event = signals.OperatorRefused(
        action=action,
        reason=error.code if error is not None else NotAllowed.code,
        user=None if is_group else pk,
        group=pk if is_group else None,
        actor=str(actor.pk),
    )
    signals.operator_refused.send(sender=None, event=event)

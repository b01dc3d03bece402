"""Ending members' sessions."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from .. import signals
from ..models import Session
from .actors import actor_key


def end_sessions(
    *,
    user: Any,
    reason: str,
    passkey: str | None = None,
    keep: str | None = None,
    only_unconfirmed: bool = False,
    actor: Any | None = None,
) -> int:
    """End a member's sessions at once and return how many there were.

    :param passkey: only those that this passkey began or stepped up last.
    :param keep: all but the one of this public id.
    :param only_unconfirmed: only those in which no passkey was used.
    :param reason: a stable word for the audit trail.
    """
    with transaction.atomic():
        rows = Session.objects.filter(user=user)
        if passkey is not None:
            rows = rows.filter(passkey=passkey)
        if keep is not None:
            rows = rows.exclude(pk__in=_keys_of(keep))
        if only_unconfirmed:
            rows = rows.exclude(method="passkey")
        # Held before they go: an authorization that holds one of them is through before its tokens are looked for.
        held = [row.pk for row in rows.select_for_update().only("pk").order_by("pk")]
        count, _details = Session.objects.filter(pk__in=held).delete()
        if count:
            event = signals.SessionEnded(
                user=str(user.pk),
                reason=reason,
                count=count,
                sessions=tuple(str(key) for key in held),
                actor=actor_key(actor),
            )
            signals.session_ended.send(sender=None, event=event)
    return count


def end_other_sessions(*, user: Any, keep: str) -> int:
    """End all sessions of a member but the one of the public id ``keep``, as they asked; return how many there were."""
    return end_sessions(user=user, reason="ended_by_member", keep=keep)


def sign_out(*, key_digest: str) -> bool:
    """End the session of one browser, as its member asked; return whether somebody was signed in there."""
    return _sign_out(Session.objects.filter(key_digest=key_digest))


def sign_out_elsewhere(*, user: Any, sid: str) -> bool:
    """End the session of this id, if it is this member's, as if they had signed out there; return whether it was."""
    try:
        return _sign_out(Session.objects.filter(pk=sid, user=user))
    except ValidationError:
        return False


def _sign_out(found: QuerySet[Session]) -> bool:
    with transaction.atomic():
        row = found.select_for_update().values_list("pk", "user_id").first()
        found.delete()
        if row is None or row[1] is None:
            return False
        event = signals.SignedOut(user=str(row[1]), session=str(row[0]))
        signals.signed_out.send(sender=None, event=event)
    return True


def hold_session(*, sid: str) -> bool:
    """Return whether the session still stands, and keep it so until the transaction ends.

    Whoever ends it waits for this transaction, and then finds all that it wrote.
    """
    try:
        held = Session.objects.select_for_update(no_key=True).filter(pk=sid).values_list("pk", flat=True)
        return bool(held)
    except ValidationError:
        return False


def _keys_of(sid: str) -> list[uuid.UUID]:
    """Return the primary key that a public id names, and none for what is no id."""
    try:
        return [uuid.UUID(sid)]
    except ValueError:
        return []

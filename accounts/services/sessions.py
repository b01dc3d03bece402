"""Ending members' sessions."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from .. import conf, signals
from ..models import Session, User
from .actors import actor_key
from .row_locks import hold_member_in_reach


def end_sessions(
    *,
    user: Any,
    reason: str,
    passkey: str | None = None,
    only_unconfirmed: bool = False,
    sid: str | None = None,
    keep: str | None = None,
    actor: Any | None = None,
) -> int:
    """End a member's sessions at once and return how many there were.

    :param passkey: only those that this passkey began or confirmed last.
    :param only_unconfirmed: only those in which no passkey was used.
    :param sid: only the one of this public id.
    :param keep: all living ones but the one of this public id.
    :param reason: a stable word for the audit trail.
    """
    with transaction.atomic():
        rows = Session.objects.filter(user=user)
        if passkey is not None:
            rows = rows.filter(Q(passkey=passkey) | Q(began_passkey=passkey))
        if only_unconfirmed:
            rows = rows.exclude(method="passkey")
        if sid is not None:
            rows = rows.filter(pk__in=_keys_of(sid))
        if keep is not None:
            # What idled out has expired, which ends nothing at clients; only the sweep has not been there yet.
            rows = rows.living(now=timezone.now(), idle=conf.session_idle()).exclude(pk__in=_keys_of(keep))
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


def end_all_sessions(*, user: Any, reason: str, actor: Any | None = None) -> int:
    """End every session of a member, including any that is just being started; return how many there were.

    A sign-in that has used up its code or passkey, but has not written its session yet, finds the member's counter raised
    and writes none. Called inside the transaction that takes the reason for these sessions away.
    """
    if not User._meta.swapped:
        raised = Coalesce(F("session_epoch"), 0) + 1
        User.objects.filter(pk=user.pk).update(session_epoch=raised)
    return end_sessions(user=user, reason=reason, actor=actor)


def end_session(*, user: Any, sid: str, actor: Any | None = None) -> bool:
    """End the session of this public id, if it is this member's; return whether it was.

    :param actor: the operator who ends it, None or the member themselves where it is their own doing.
    :raises NotAllowed: the operator reaches above themselves.
    """
    with transaction.atomic():
        reason = _reason(user, actor)
        return bool(end_sessions(user=user, reason=reason, sid=sid, actor=actor))


def end_other_sessions(*, user: Any, keep: str, actor: Any | None = None) -> int:
    """End all sessions of a member but the one of the public id ``keep``; return how many there were.

    :raises NotAllowed: the operator reaches above themselves.
    """
    with transaction.atomic():
        reason = _reason(user, actor)
        return end_sessions(user=user, reason=reason, keep=keep, actor=actor)


def sign_out_everywhere(*, user: Any, actor: Any | None) -> int:
    """End all that a member's sign-ins gave: every session, and all that clients and devices hold; return how many sessions.

    :raises NotAllowed: the operator reaches above themselves.
    """
    with transaction.atomic():
        _reason(user, actor)
        count = end_all_sessions(user=user, reason="signed_out_everywhere", actor=actor)
        event = signals.SignedOutEverywhere(user=str(user.pk), count=count, actor=actor_key(actor))
        signals.signed_out_everywhere.send(sender=None, event=event)
    return count


def _reason(user: Any, actor: Any | None) -> str:
    """Return the trail's word for who ends a session, once it is certain that they may."""
    if actor is None or actor.pk == user.pk:
        return "ended_by_member"
    hold_member_in_reach(user, actor)
    return "ended_by_operator"


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

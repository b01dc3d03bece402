"""Telling clients that a session ended (OpenID Connect Back-Channel Logout §2.5-2.8).

What is to be told is written in the transaction that ended the session; a task delivers it afterwards, so that nobody who
signs out waits for a client. A client that gives no answer several times in a row is left alone for a while: each silence
costs a worker seconds in which others are not told.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from .. import adapters, outbound
from ..exceptions import LogoutNotDelivered, OutboundError, OutboundFailed
from ..models import Client, ClientSession, LogoutDelivery
from ..protocol.logout import MAX_ATTEMPTS
from ..signals import (
    LogoutDelivered,
    LogoutFailed,
    LogoutRetried,
    logout_delivered,
    logout_failed,
    logout_retried,
)
from .logout_tokens import sign_logout_token

_TAKEN: Final = frozenset({200, 204})
#: Other deliveries that a client left unanswered within ``_REST``, until nothing more is sent to it for as long.
_SILENCES: Final = 3
_REST: Final = timedelta(minutes=1)
#: After that a delivery is tried whatever happened to others, so that it is given up one day, and said to be.
_PATIENCE: Final = timedelta(days=1)


def queue_logout(*, session: ClientSession) -> None:
    """Have the session's client told, if it wants to be. Called inside the transaction that ended the session."""
    if not session.client.backchannel_logout_uri:
        return
    delivery = LogoutDelivery.objects.create(
        client=session.client,
        sub=_sub_of(session),
        sid=session.sid,
    )
    adapters.enqueue("deliver_logout", str(delivery.pk))


def deliver_logout(*, delivery_id: uuid.UUID) -> None:
    """Send one logout token; what was delivered, is gone with its client, or no longer true, is left alone.

    Raises LogoutNotDelivered, so that whoever runs this tries again later.
    """
    delivery = LogoutDelivery.objects.filter(pk=delivery_id, delivered_at=None).select_related("client").first()
    if delivery is None or not delivery.client.backchannel_logout_uri:
        return
    if _stands_again(delivery):
        # Its member came back in the same browser and signed in anew, under the same sid: that must not be ended.
        delivery.delete()
        return
    if _is_resting(delivery) and adapters.enqueue_later("deliver_logout", str(delivery.pk), delay=_REST):
        return
    # Counted before it is sent: an attempt that ends with its process was one too.
    LogoutDelivery.objects.filter(pk=delivery.pk).update(attempts=F("attempts") + 1)
    delivery.attempts += 1
    is_silent = False
    try:
        problem = _send(delivery)
    except OutboundError as error:
        problem, is_silent = error.message, isinstance(error, OutboundFailed)
    _note_silence(delivery, is_silent)
    if problem is None:
        _delivered(delivery)
    else:
        _failed(delivery, problem)


def _is_resting(delivery: LogoutDelivery) -> bool:
    now = timezone.now()
    silences = LogoutDelivery.objects.filter(client=delivery.client, unanswered_at__gt=now - _REST)
    is_young = delivery.created_at > now - _PATIENCE
    return is_young and silences.exclude(pk=delivery.pk).count() >= _SILENCES


def _note_silence(delivery: LogoutDelivery, is_silent: bool) -> None:
    if is_silent:
        LogoutDelivery.objects.filter(pk=delivery.pk).update(unanswered_at=timezone.now())
    else:
        silences = LogoutDelivery.objects.filter(client=delivery.client, unanswered_at__isnull=False)
        silences.update(unanswered_at=None)


def _stands_again(delivery: LogoutDelivery) -> bool:
    standing = ClientSession.objects.filter(
        client=delivery.client, sid=delivery.sid, signed_out_at=None, ended_at=None
    ).select_related("user")
    return any(_sub_of(session) == delivery.sub for session in standing)


def _sub_of(session: ClientSession) -> str:
    return adapters.get_claims()(session.user, scopes=frozenset()).sub


def _send(delivery: LogoutDelivery) -> str | None:
    client: Client = delivery.client
    token = sign_logout_token(client_id=client.client_id, sub=delivery.sub, sid=delivery.sid)
    status = outbound.post_form(
        client.backchannel_logout_uri, fields={"logout_token": token}, allow_private=client.is_on_own_network
    )
    # 400 is what the specification has for a logout that failed as well as for a token that was refused, and either may
    # pass: a client that has not fetched the new signing key yet refuses the first token and takes the second.
    return None if status in _TAKEN else f"The client answered {status}."


def _delivered(delivery: LogoutDelivery) -> None:
    with transaction.atomic():
        first = LogoutDelivery.objects.filter(pk=delivery.pk, delivered_at=None)
        if first.update(delivered_at=timezone.now(), last_error=""):
            logout_delivered.send(
                sender=LogoutDelivery,
                event=LogoutDelivered(
                    user=delivery.sub,
                    client=delivery.client.client_id,
                    client_name=delivery.client.name,
                    session=delivery.sid,
                    attempts=delivery.attempts,
                ),
            )


def _failed(delivery: LogoutDelivery, problem: str) -> None:
    LogoutDelivery.objects.filter(pk=delivery.pk).update(last_error=problem[:200])
    if delivery.attempts % MAX_ATTEMPTS == 0:
        _tell_failed(delivery, problem)
    raise LogoutNotDelivered(problem)


def give_up(*, delivery_id: uuid.UUID) -> None:
    """Say that a client was not told, where the last attempt was ended before it could say so itself."""
    delivery = LogoutDelivery.objects.filter(pk=delivery_id, delivered_at=None).select_related("client").first()
    if delivery is not None:
        _tell_failed(delivery, "The last attempt did not end.")


def is_given_up(delivery: LogoutDelivery) -> bool:
    """Whether nobody tries to deliver this any more."""
    return delivery.delivered_at is None and delivery.attempts >= MAX_ATTEMPTS


def retry_logout(*, delivery: LogoutDelivery, actor: str | None) -> bool:
    """Begin anew with a delivery that was given up; return whether it was one. ``actor`` is the operator's primary key."""
    with transaction.atomic():
        # Of two operators who press at once, one begins.
        given_up = LogoutDelivery.objects.filter(pk=delivery.pk, delivered_at=None, attempts__gte=MAX_ATTEMPTS)
        if not given_up.update(attempts=0, last_error=""):
            return False
        logout_retried.send(
            sender=LogoutDelivery,
            event=LogoutRetried(
                user=delivery.sub,
                client=delivery.client.client_id,
                client_name=delivery.client.name,
                session=delivery.sid,
                actor=actor,
            ),
        )
        adapters.enqueue("deliver_logout", str(delivery.pk))
    return True


def _tell_failed(delivery: LogoutDelivery, problem: str) -> None:
    logout_failed.send(
        sender=LogoutDelivery,
        event=LogoutFailed(
            user=delivery.sub,
            client=delivery.client.client_id,
            client_name=delivery.client.name,
            session=delivery.sid,
            attempts=delivery.attempts,
            reason=problem[:200],
        ),
    )

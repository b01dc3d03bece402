"""Emptying the outbox. Each step is one conditional statement that any number of workers may try at once."""

from __future__ import annotations

import enum
import logging
import secrets as randomness
import time
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import conf, signals
from ..exceptions import SendingFailed, UnknownKind, UnreadableVariables
from ..models import Message
from . import encryption
from .kinds import Kind, kind_of, kinds
from .rendering import compose, render
from .smtp import hand_over

logger = logging.getLogger("hearthkey.mailer")

FIRST_PAUSE: Final = timedelta(seconds=30)
LONGEST_PAUSE: Final = timedelta(hours=2)
#: How long one round of trying again goes on before it leaves the rest to the next.
_ROUND: Final = 40.0
_BATCH: Final = 200


class Outcome(enum.Enum):
    SENT = "sent"
    DELAYED = "delayed"
    GIVEN_UP = "given up"
    #: Another worker has it, it waits for its time, or it is gone.
    NOT_OURS = "nothing to do"


def deliver(*, message_id: uuid.UUID) -> Outcome:
    """Try to send one mail if it is due and nobody else is at it."""
    message = _claim(message_id)
    if message is None:
        return Outcome.NOT_OURS
    if message.expires_at <= timezone.now():
        return _give_up(message, "expired", message.last_error or _("Its time was over before it could be sent."))
    try:
        _hand_over(message)
    except SendingFailed as failure:
        return _give_up(message, "refused", failure.answer) if failure.is_final else _delay(message, failure.answer)
    except (UnreadableVariables, UnknownKind) as error:
        return _give_up(message, "unreadable", str(error))
    except Exception as error:  # such as a broken template of the site's: it may be mended in time
        logger.exception("Mail %s (%s) could not be made", message.pk, message.kind)
        return _delay(message, type(error).__name__)
    if not _held(message).delete()[0]:
        logger.warning("Mail %s (%s) left after its lease had ended.", message.pk, message.kind)
    logger.info("Mail %s (%s) left at the %s. try", message.pk, message.kind, message.attempts)
    return Outcome.SENT


def deliver_waiting() -> int:
    """Try what is due, the oldest first, until something is delayed or the round is over; return how many left.

    When one mail is delayed the server mostly has trouble, and the others wait for the next round.
    """
    sent, ends_at = 0, time.monotonic() + _ROUND
    due = Message.objects.filter(due_at__lte=timezone.now()).order_by("due_at", "pk")
    for message_id in list(due.values_list("pk", flat=True)[:_BATCH]):
        outcome = deliver(message_id=message_id)
        sent += outcome is Outcome.SENT
        if outcome is Outcome.DELAYED or time.monotonic() > ends_at:
            break
    return sent


def give_up_expired() -> int:
    """Give up the mails whose time is over, except one that somebody is just sending; return how many."""
    given_up = 0
    while True:
        now = timezone.now()
        idle = Q(lease=None) | Q(due_at__lte=now)
        over = list(Message.objects.filter(idle, expires_at__lte=now).order_by("expires_at")[:_BATCH])
        done = sum(_give_up_idle(message, now) for message in over)
        given_up += done
        if not done:
            return given_up


def _claim(message_id: uuid.UUID) -> Message | None:
    """Return the mail, leased to the caller; None when it is not due, or somebody else was faster."""
    now, lease = timezone.now(), uuid.uuid4()
    due = Message.objects.filter(pk=message_id, due_at__lte=now)
    if not due.update(lease=lease, due_at=now + conf.lease(), attempts=F("attempts") + 1):
        return None
    return Message.objects.filter(pk=message_id, lease=lease).first()


def _held(message: Message) -> Any:
    return Message.objects.filter(pk=message.pk, lease=message.lease)


def _hand_over(message: Message) -> None:
    variables = encryption.decrypt(message.variables)
    letter = render(kind=message.kind, variables=variables, language=message.language)
    mail = compose(letter, to=message.recipient, message_id=message.pk)
    hand_over(mail, timeout=conf.timeout(), secrets=secrets_of(kind_of(message.kind), variables))


def secrets_of(kind: Kind, variables: Mapping[str, Any]) -> list[str]:
    """Return the values among ``variables`` that open an account."""
    return [str(variables[name]) for name in kind.secrets if variables.get(name)]


def _delay(message: Message, answer: str) -> Outcome:
    now = timezone.now()
    # At the end of its time somebody has to give it up.
    next_try = min(now + _pause_after(message.attempts), message.expires_at)
    _held(message).update(lease=None, due_at=next_try, last_error=answer[:500])
    logger.warning("Mail %s (%s) has to wait after %s tries: %s", message.pk, message.kind, message.attempts, answer)
    return Outcome.DELAYED


def _pause_after(attempts: int) -> timedelta:
    """Return how long to wait after so many tries: twice as long each time, with a fifth of jitter either way."""
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(attempts - 1, 20)))
    return pause * (0.8 + 0.4 * randomness.randbelow(1001) / 1000)


def _give_up(message: Message, reason: str, answer: str) -> Outcome:
    with transaction.atomic():
        if not _held(message).delete()[0]:
            return Outcome.NOT_OURS
        _tell(message, reason, answer)
    return Outcome.GIVEN_UP


def _give_up_idle(message: Message, now: datetime) -> bool:
    with transaction.atomic():
        idle = Q(lease=None) | Q(due_at__lte=now)
        if not Message.objects.filter(idle, pk=message.pk).delete()[0]:
            return False
        _tell(message, "expired", message.last_error or _("Its time was over before it could be sent."))
    return True


def _tell(message: Message, reason: str, answer: str) -> None:
    logger.error("Mail %s (%s) is given up after %s tries: %s", message.pk, message.kind, message.attempts, answer)
    known = kinds().get(message.kind)
    event = signals.MailFailed(
        kind=message.kind,
        title=str(known.title) if known else message.kind,
        reason=reason,
        answer=answer,
        attempts=message.attempts,
        user=message.user_id or None,
    )
    signals.mail_failed.send(sender=None, event=event)

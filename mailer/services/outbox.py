"""Taking mails: in the caller's transaction, without a look at the mail server."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from .. import adapters, conf
from ..models import Message
from . import cleaning, encryption
from .kinds import Kind, kind_of

logger = logging.getLogger("hearthkey.mailer")

_LONGEST_ADDRESS: Final = 320


def is_on() -> bool:
    """Return whether this site sends mail at all."""
    return conf.host() != ""


def send(*, kind: str, to: str, variables: Mapping[str, Any], user_id: str = "", language: str = "") -> bool:
    """Put a mail into the outbox; it leaves soon after the caller's transaction is committed, and never without that.

    :param kind: a name from :mod:`.kinds`.
    :param to: one address. What is none gets no mail, and is no reason to undo what the mail tells.
    :param variables: JSON values for the templates, secrets included; texts lose line breaks and control characters.
    :param user_id: whom it is about, for the event of a mail that could not be sent.
    :param language: a language code; empty for the site's own.
    :returns: False when no mail is sent: none at all, none of this kind, or none to such an address.
    :raises UnknownKind: there is no such kind.
    """
    known = kind_of(kind)
    if not is_on() or kind in conf.kinds_off():
        return False
    if not _is_address(to):
        logger.warning("No mail of the kind %s: what should be an address is none.", kind)
        return False
    cleaned = cleaning.clean(variables)
    now = timezone.now()
    with transaction.atomic():
        message = Message.objects.create(
            kind=kind,
            recipient=to,
            user_id=user_id[:64],
            language=language[:16],
            variables=encryption.encrypt(cleaned),
            created_at=now,
            due_at=now,
            expires_at=_ends_at(known, cleaned, now),
        )
        adapters.enqueue("deliver", str(message.pk))
    return True


def _is_address(to: str) -> bool:
    if len(to) > _LONGEST_ADDRESS:
        return False
    try:
        validate_email(to)
    except ValidationError:
        return False
    return True


def _ends_at(kind: Kind, variables: Mapping[str, Any], now: datetime) -> datetime:
    """A code that is over is not worth a mail."""
    ends_at = now + kind.lifetime
    own = parse_datetime(str(variables.get("expires_at") or ""))
    return min(ends_at, own) if own is not None and timezone.is_aware(own) else ends_at

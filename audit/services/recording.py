"""Writing to the audit trail, and ending what is too old for it."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from django.db import transaction

from .. import conf
from ..adapters import Origin
from ..addresses import is_internal, read_address
from ..devices import describe
from ..models import Event

logger = logging.getLogger("hearthkey.audit")

#: The version of what :func:`as_line` returns. New keys may come in one version; none changes its meaning or goes.
LINE_VERSION: Final = 1

# Line breaks could forge log lines, and marks of writing direction could show a name as another.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Person:
    """Somebody in an event: the primary key as text and the name of the moment."""

    id: str = ""
    name: str = ""


NOBODY = Person()


_NOWHERE = Origin()


@dataclass(frozen=True)
class Entry:
    """What is written: the event's name, who did it to whom, at which client, and its data (JSON, no secrets)."""

    name: str
    actor: Person = NOBODY
    subject: Person = NOBODY
    client_id: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


def record(entry: Entry, *, origin: Origin = _NOWHERE) -> Event:
    """Write one event in the caller's transaction and return it; once that is committed, one log line says so.

    Texts are cut to their columns and lose control characters, and an address that is none is left out, since all of
    it may come from anybody and must not keep the change that it belongs to from happening.
    """
    address, user_agent = read_address(origin.ip_address), _clean(origin.user_agent, 500)
    event = Event.objects.create(
        name=entry.name,
        actor_id=_clean(entry.actor.id, 64),
        actor_name=_clean(entry.actor.name, 150),
        subject_id=_clean(entry.subject.id, 64),
        subject_name=_clean(entry.subject.name, 150),
        client_id=_clean(entry.client_id, 128),
        ip_address=str(address) if address is not None else None,
        is_internal=is_internal(origin.ip_address),
        country=_clean(origin.country, 2),
        city=_clean(origin.city, 120),
        user_agent=user_agent,
        device=_clean(describe(user_agent), 120) if user_agent else "",
        session_id=_clean(origin.session_id, 64),
        request_id=_clean(origin.request_id, 64),
        data=_clean_json(entry.data),
    )
    transaction.on_commit(lambda: _log(event))
    return event


def as_line(event: Event) -> dict[str, Any]:
    """Return an event as it stands in a log that machines read; the keys and their types stay, whatever the event."""
    return {
        "version": LINE_VERSION,
        "id": str(event.pk),
        "at": event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "name": event.name,
        "actor": {"id": event.actor_id, "name": event.actor_name},
        "subject": {"id": event.subject_id, "name": event.subject_name},
        "client": event.client_id,
        "address": event.ip_address or "",
        "internal": event.is_internal,
        "country": event.country,
        "city": event.city,
        "user_agent": event.user_agent,
        "device": event.device,
        "session": event.session_id,
        "request": event.request_id,
        "data": event.data,
    }


def _log(event: Event) -> None:
    subject, actor, address = event.subject_id or "-", event.actor_id or "-", event.ip_address or "-"
    logger.info(
        "%s subject=%s actor=%s address=%s", event.name, subject, actor, address, extra={"event": as_line(event)}
    )


def remove_expired(*, now: datetime, limit: int) -> int:
    """Delete up to ``limit`` of the oldest events beyond the retention, and return how many they were."""
    old = Event.objects.filter(at__lt=now - conf.retention()).order_by("at", "id")
    keys = list(old.values_list("pk", flat=True)[:limit])
    Event.objects.filter(pk__in=keys).delete()
    return len(keys)


def _clean(text: str, length: int) -> str:
    return _CONTROL.sub("", text)[:length]


def _clean_json(value: Any) -> Any:
    """Return ``value`` in JSON's types without control characters; PostgreSQL's JSON refuses NUL in any case."""
    if isinstance(value, str):
        return _CONTROL.sub("", value)
    if isinstance(value, Mapping):
        return {_CONTROL.sub("", str(key)): _clean_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean_json(item) for item in value]
    return value

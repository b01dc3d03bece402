"""Writing to the audit trail, and ending what is too old for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from . import conf
from .models import Event

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True)
class Person:
    """Somebody in an event: the primary key as text and the name of the moment."""

    id: str = ""
    name: str = ""


NOBODY = Person()


@dataclass(frozen=True)
class Origin:
    """Where an event came from; all empty for a command."""

    ip_address: str = ""
    user_agent: str = ""
    session_id: str = ""
    request_id: str = ""


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
    """Write one event in the caller's transaction and return it.

    Texts are cut to their columns and lose control characters, since a user agent or a name may hold anything
    and must not keep the change that it belongs to from happening.
    """
    return Event.objects.create(
        name=entry.name,
        actor_id=_clean(entry.actor.id, 64),
        actor_name=_clean(entry.actor.name, 150),
        subject_id=_clean(entry.subject.id, 64),
        subject_name=_clean(entry.subject.name, 150),
        client_id=_clean(entry.client_id, 128),
        ip_address=origin.ip_address or None,
        user_agent=_clean(origin.user_agent, 500),
        session_id=_clean(origin.session_id, 64),
        request_id=_clean(origin.request_id, 64),
        data=_clean_json(entry.data),
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
    """Return ``value`` without NUL, which PostgreSQL's JSON refuses."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, Mapping):
        return {str(key).replace("\x00", ""): _clean_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_clean_json(item) for item in value]
    return value

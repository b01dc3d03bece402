"""Who reads the trail, and events for them to read."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client

from audit.models import Event
from tests.support.passkey_sessions import begin_passkey_session

LIST = "/admin/hearthkey_audit/event/"
EXPORT = f"{LIST}export/"
ACTIVITY = "/account/activity/"
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def make(username: str, **fields: Any) -> Any:
    return get_user_model().objects.create(username=username, email=f"{username}@example.com", **fields)


def operator(*permissions: str) -> Any:
    user = make("olga", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


def signed_in(user: Any, **options: Any) -> Client:
    client = Client(**options)
    begin_passkey_session(client, user)
    return client


def reader() -> Client:
    """Return the browser of an operator who may see events; what signing in wrote is forgotten."""
    client = signed_in(operator("view_event"))
    Event.objects.all().delete()
    return client


def event(name: str = "signed_out", *, minutes: int = 0, **fields: Any) -> Event:
    """Write an event that happened some minutes after noon."""
    return Event.objects.create(name=name, at=NOON + timedelta(minutes=minutes), **fields)


def many(count: int, **fields: Any) -> list[Event]:
    """Write events, the last of them the newest."""
    rows = [
        Event(
            id=uuid.uuid4(),
            name="signed_out",
            at=NOON + timedelta(seconds=number),
            **{"session_id": f"s{number}", **fields},
        )
        for number in range(count)
    ]
    return Event.objects.bulk_create(rows)

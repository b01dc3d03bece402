"""Events are kept as long as the operator wants, and no longer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.models import Event
from audit.services import remove_expired
from audit.tasks import remove_expired as task

pytestmark = pytest.mark.django_db


def events(*ages: float) -> None:
    Event.objects.bulk_create(Event(name=f"{age} days", at=timezone.now() - timedelta(days=age)) for age in ages)


def left() -> list[str]:
    return list(Event.objects.order_by("at").values_list("name", flat=True))


def test_events_older_than_the_retention_go() -> None:
    events(91, 90.5, 89, 0)
    assert task.call() == 2
    assert left() == ["89 days", "0 days"]


def test_the_operator_chooses_the_retention(settings: Any) -> None:
    events(3, 1)
    settings.HEARTHKEY_AUDIT_RETENTION = lambda: timedelta(days=2)
    assert task.call() == 1
    assert left() == ["1 days"]


def test_the_oldest_go_first_and_no_more_at_once_than_allowed() -> None:
    events(100, 300, 200)
    assert remove_expired(now=timezone.now(), limit=2) == 2
    assert left() == ["100 days"]


def test_more_events_than_one_batch_go_in_one_run() -> None:
    events(*[100 + number / 10_000 for number in range(1100)])
    assert task.call() == 1100
    assert left() == []

"""Text is found wherever it is in the trail, by the database's index, and without it among the newest events."""

from __future__ import annotations

import importlib
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from audit.models import Event
from audit.services import listing
from audit.services.listing import Criteria, list_events
from audit.services.text_index import find_events

pytestmark = pytest.mark.django_db
SCAN = 10
migration = importlib.import_module("audit.migrations.0002_search_index")


def event(**values: Any) -> Event:
    return Event.objects.create(**{"name": "client_authorized", **values})


def old_and_many(number: int = 40, **values: Any) -> Event:
    """Return an old event below many newer ones."""
    found = event(at=timezone.now() - timedelta(days=9), **values)
    Event.objects.bulk_create(Event(name="signed_out", subject_name=f"other{one}") for one in range(number))
    return found


def found(text: str, **criteria: Any) -> list[Event]:
    return list_events(criteria=Criteria(text=text, **criteria)).events


@pytest.fixture
def _has_index() -> None:
    """Leave out what needs the index where this PostgreSQL has no pg_trgm; the next tests are about that."""
    if find_events(text="anything", alias="default", most=SCAN) is None:
        assert connection.vendor == "postgresql"
        pytest.skip("this PostgreSQL has no pg_trgm")


@pytest.fixture(autouse=True)
def _few_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "SCAN", SCAN)


@pytest.mark.usefixtures("_has_index")
@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        ("subject_name", "Ada Lovelace", "lovel"),
        ("actor_name", "root", "ROOT"),
        ("client_id", "photos", "hoto"),
        ("ip_address", "203.0.113.77", "113.77"),
        ("city", "Zürich", "zürich"),
        ("device", "Safari on iPhone", "on iphone"),
        ("user_agent", "Mozilla/5.0 (X11)", "(x11"),
        ("session_id", "0f0e0d0c", "0e0d"),
        ("request_id", "ref-42", "REF-42"),
        ("data", {"client_name": "The % _ Mill"}, "% _ mill"),
        ("data", {"names": ["Ringo Starr"]}, "ringo s"),
    ],
)
def test_old_event_is_found_on_the_first_page(column: str, value: Any, text: str) -> None:
    wanted = old_and_many(**{column: value})
    assert found(text) == [wanted]
    assert found(f"{text}-missing") == []


@pytest.mark.usefixtures("_has_index")
def test_quotation_marks_and_operators_are_text() -> None:
    wanted = old_and_many(subject_name='a "quoted" OR (name) NEAR*')
    for text in ('"quoted"', "OR (name", "NEAR*", 'a "quoted" OR'):
        assert found(text) == [wanted], text
    assert found('"unquoted"') == found("name:x") == found("%%%") == found("___") == []


@pytest.mark.usefixtures("_has_index")
def test_other_filters_and_titles_count_too() -> None:
    wanted = old_and_many(subject_name="zelda", client_id="app")
    assert found("zelda", client_id="app") == [wanted]
    assert found("zelda", client_id="other") == []
    deleted = event(name="client_deleted", at=timezone.now() - timedelta(days=8))
    assert found("Client deleted") == [deleted]


@pytest.mark.usefixtures("_has_index")
def test_deleted_event_is_no_longer_found() -> None:
    wanted = old_and_many(subject_name="zelda")
    assert find_events(text="zelda", alias="default", most=SCAN) == [wanted.pk]
    wanted.delete()
    assert find_events(text="zelda", alias="default", most=SCAN) == []
    Event.objects.all().delete()
    assert find_events(text="other1", alias="default", most=SCAN) == []


@pytest.mark.usefixtures("_has_index")
def test_changed_event_is_found_by_its_new_text() -> None:
    wanted = old_and_many(subject_name="zelda")
    Event.objects.filter(pk=wanted.pk).update(subject_name="selma")
    assert found("selma") == [wanted]
    assert found("zelda") == []


def test_common_text_is_looked_for_among_the_newest() -> None:
    old_and_many(subject_name="other")
    page = list_events(criteria=Criteria(text="other"))
    assert len(page.events) == 11
    assert page.looked_back_to is not None
    assert find_events(text="other", alias="default", most=SCAN) is None


def test_short_text_is_looked_for_among_the_newest() -> None:
    event(subject_name="qz")
    assert [one.subject_name for one in found("qz")] == ["qz"]


@pytest.mark.usefixtures("_has_index")
def test_search_works_without_the_index() -> None:
    wanted = event(subject_name="zelda")
    editor = SimpleNamespace(connection=connection)
    migration.drop(apps, editor)
    assert find_events(text="zelda", alias="default", most=SCAN) is None
    assert found("zelda") == [wanted]
    migration.create(apps, editor)
    assert find_events(text="zelda", alias="default", most=SCAN) == [wanted.pk]


def test_refused_extension_leaves_searches_without_an_index(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = event(subject_name="zelda")
    editor = SimpleNamespace(connection=connection)
    migration.drop(apps, editor)
    refused = ("CREATE EXTENSION hearthkey_unknown", "CREATE VIRTUAL TABLE x USING hearthkey_unknown(a)")
    monkeypatch.setattr(migration, "SQLITE", (migration.SQLITE[0], refused[1]))
    monkeypatch.setattr(migration, "POSTGRES", refused[:1])
    migration.create(apps, editor)
    assert found("zelda") == [wanted]
    assert find_events(text="zelda", alias="default", most=SCAN) is None
    assert event(subject_name="link").pk

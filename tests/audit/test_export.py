"""The export: a stream of CSV that no spreadsheet takes for formulas, and a trace of who took it."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.test import Client

from audit.models import Event
from audit.services import export
from audit.services.export import COLUMNS, export_lines, quoted
from audit.services.listing import Criteria
from tests.support.audit.people import EXPORT, event, make, many, operator, reader, signed_in
from tests.support.racing import at_once

pytestmark = pytest.mark.django_db


def exported(client: Client, **filters: str) -> list[dict[str, str]]:
    response = client.post(EXPORT, filters)
    assert response.status_code == 200
    assert response.streaming
    text = b"".join(response.streaming_content).decode()  # type: ignore[arg-type]
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_an_export_holds_what_the_list_shows() -> None:
    client = reader()
    event("client_deleted", client_id="forgejo", minutes=1)
    event("signed_out", subject_name="ada", country="DE", data={"session": "s"})
    rows = exported(client, country="DE")
    assert len(rows) == 1
    assert rows[0]["event"] == "signed_out"
    assert rows[0]["what"] == "ada signed out."
    assert rows[0]["data"] == '{"session": "s"}'
    assert rows[0]["time"] == "2026-05-01T12:00:00.000000+00:00"
    assert tuple(rows[0]) == COLUMNS


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "＝"])
def test_a_cell_that_would_be_a_formula_is_text(first: str) -> None:
    assert quoted(f"{first}1+1") == f"'{first}1+1"
    assert quoted(f"1{first}1") == f"1{first}1"


def test_a_hostile_name_reaches_the_spreadsheet_as_text() -> None:
    client = reader()
    event("signed_out", subject_name='=HYPERLINK("https://evil.example","x")', user_agent="@SUM(1)", city='a"b,c')
    (row,) = exported(client, event="signed_out")
    assert row["member"].startswith("'=HYPERLINK(")
    assert row["what"].startswith("'=HYPERLINK(")
    assert row["user_agent"] == "'@SUM(1)"
    assert row["city"] == 'a"b,c'


def test_an_export_is_an_event_itself() -> None:
    client = reader()
    exported(client, country="DE")
    one = Event.objects.get(name="audit_exported")
    assert (one.actor_name, one.data, one.ip_address) == ("olga", {"filters": {"country": "DE"}}, "127.0.0.1")
    assert one.request_id


def test_it_comes_in_pieces_so_that_a_large_one_fills_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "_BATCH", 10)
    many(35)
    lines = export_lines(criteria=Criteria())
    assert next(lines).startswith('"time"')
    next(lines)
    Event.objects.all().delete()
    assert len(list(lines)) == 9
    many(35)
    assert len(list(export_lines(criteria=Criteria()))) == 36


@pytest.mark.parametrize(("permission", "status"), [("view_event", 200), ("view_user", 403)])
def test_operators_need_the_permission(permission: str, status: int) -> None:
    assert signed_in(operator(permission)).post(EXPORT).status_code == status


def test_members_get_none() -> None:
    assert signed_in(make("ada")).post(EXPORT).status_code == 403


def test_another_site_can_start_none() -> None:
    client = signed_in(operator("view_event"), enforce_csrf_checks=True)
    assert client.post(EXPORT).status_code == 403
    assert client.get(EXPORT).status_code == 405


@pytest.mark.parametrize(
    "filters", [{"country": "1"}, {"since": "x"}, {"event": "none"}, {"network": "?"}, {"q": "\x00"}]
)
def test_a_filter_that_cant_be_used_exports_nothing(filters: dict[str, Any]) -> None:
    client = reader()
    assert client.post(EXPORT, filters).status_code == 400
    assert not Event.objects.filter(name="audit_exported").exists()


@pytest.mark.django_db(transaction=True)
def test_two_exports_at_once_are_two_events_and_both_are_whole() -> None:
    client, other = reader(), signed_in(make("root", is_staff=True, is_superuser=True))
    many(20)
    before = Event.objects.count()

    def export(browser: Client) -> int:
        return len(b"".join(browser.post(EXPORT).streaming_content).splitlines())

    found = at_once([lambda: export(client), lambda: export(other)])
    # A header, and what was there; each may have seen the other's own event.
    assert all(before + 2 <= lines <= before + 3 for lines in found)
    assert Event.objects.filter(name="audit_exported").count() == 2

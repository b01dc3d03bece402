"""The page on which members read what happened with their account."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from tests.support.audit.people import ACTIVITY, event, make, many, signed_in
from tests.support.sql_counts import counted_sql

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> Any:
    return make("ada")


def shown(client: Client, path: str = ACTIVITY) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_a_member_reads_their_own_events_and_nobody_elses(ada: Any) -> None:
    bob = make("bob")
    client = signed_in(ada)
    event("passkey_registered", subject_id=str(ada.pk), data={"name": "Ada's key"})
    event("passkey_registered", subject_id=str(bob.pk), data={"name": "Bob's key"})
    page = shown(client)
    assert "You added the passkey “Ada&#x27;s key”." in page
    assert "Bob" not in page


def test_nobody_reads_without_signing_in() -> None:
    make("ada")
    response = Client().get(ACTIVITY)
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/login?")


def test_the_account_page_leads_there(ada: Any) -> None:
    assert f'href="{ACTIVITY}"' in shown(signed_in(ada), "/account/")


def test_the_place_and_device_of_somebody_else_are_not_shown(ada: Any) -> None:
    client = signed_in(ada)
    where = {"subject_id": str(ada.pk), "ip_address": "203.0.113.9", "device": "Safari on iPhone"}
    event("member_disabled", actor_id="somebody", **where)
    page = shown(client)
    assert "by an administrator" in page
    assert "203.0.113.9" not in page
    event("signed_out", actor_id=str(ada.pk), **where)
    page = shown(client)
    assert "Safari on iPhone" in page
    assert "203.0.113.9" in page


def test_what_is_for_operators_alone_is_not_shown(ada: Any) -> None:
    client = signed_in(ada)
    event("operator_refused", subject_id=str(ada.pk), data={"action": "snooping", "reason": "not_allowed"})
    event("of_another_app", subject_id=str(ada.pk))
    assert "snooping" not in shown(client)
    assert "another app" not in shown(client)


def test_the_newest_come_first_and_the_pages_hold_each_event_once(ada: Any) -> None:
    client = signed_in(ada)
    keys = [f"key {number:02}" for number in range(60)]
    for number, key in enumerate(keys):
        event("passkey_registered", minutes=number, subject_id=str(ada.pk), data={"name": key})
    found: list[str] = []
    path = ACTIVITY
    for _number in range(4):
        page = shown(client, path)
        found += re.findall(r"key \d\d", page)
        older = re.search(r'href="(\?before=[^"]+)"', page)
        if older is None:
            break
        path = ACTIVITY + older[1]
    assert found == keys[::-1]


def test_events_of_one_moment_are_not_lost_between_pages(ada: Any) -> None:
    client = signed_in(ada)
    for row in many(60, subject_id=str(ada.pk)):
        row.at = row.at.replace(second=0, minute=0)
        row.save()
    first = shown(client)
    older = re.search(r'href="(\?before=[^"]+)"', first)
    assert older
    second = shown(client, ACTIVITY + older[1])
    oldest = re.search(r'href="(\?before=[^"]+)"', second)
    assert oldest
    assert [page.count("You signed out.") for page in (first, second, shown(client, ACTIVITY + oldest[1]))] == [
        25,
        25,
        10,
    ]


@pytest.mark.parametrize(
    "before", ["x", "1-2", "9" * 18 + "-" + "0" * 32, "-1-" + "0" * 32, "٣-" + "0" * 32, "\x00", "1-" + "g" * 32]
)
def test_a_place_in_the_list_that_is_none_is_refused(ada: Any, before: str) -> None:
    client = signed_in(ada)
    assert client.get(ACTIVITY, {"before": before}).status_code == 400
    assert client.get(ACTIVITY, {"before": "1-" + "0" * 32}).status_code == 200


def test_names_are_shown_as_text(ada: Any) -> None:
    client = signed_in(ada)
    event("passkey_registered", subject_id=str(ada.pk), data={"name": "<script>x</script>%(y)s"})
    page = shown(client)
    assert "<script>x" not in page
    assert "%(y)s" in page


def test_a_page_costs_the_same_however_many_events_it_shows(ada: Any) -> None:
    client = signed_in(ada)
    event("signed_out", subject_id=str(ada.pk))
    shown(client)
    with counted_sql() as one:
        shown(client)
    many(40, subject_id=str(ada.pk))
    with counted_sql() as full:
        shown(client)
    assert len(one) == len(full) == 3


def test_the_page_only_shows(ada: Any) -> None:
    assert signed_in(ada).post(ACTIVITY).status_code == 405


@pytest.mark.parametrize("is_active", [True, False])
def test_who_was_disabled_reads_nothing_more(ada: Any, is_active: bool) -> None:
    client = signed_in(ada)
    type(ada).objects.filter(pk=ada.pk).update(is_active=is_active)
    assert client.get(ACTIVITY).status_code == (200 if is_active else 302)


def test_a_place_in_somebody_elses_list_leads_to_ones_own_events(ada: Any) -> None:
    bob = make("bob")
    client = signed_in(ada)
    event("passkey_registered", subject_id=str(ada.pk), data={"name": "Ada's key"})
    for minute in range(1, 31):
        event("passkey_registered", minutes=minute, subject_id=str(bob.pk), data={"name": "Bob's key"})
    cursor = re.search(r"before=([^\"]+)", shown(signed_in(bob)))
    assert cursor is not None
    page = shown(client, f"{ACTIVITY}?before={cursor[1]}")
    assert "Ada&#x27;s key" in page
    assert "Bob" not in page

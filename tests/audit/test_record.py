from __future__ import annotations

import pytest
from django.db import transaction

from audit.models import Event
from audit.services import Entry, Origin, Person, record

pytestmark = pytest.mark.django_db


def test_an_event_keeps_who_where_and_what() -> None:
    record(
        Entry(
            "member_disabled", actor=Person("1", "ada"), subject=Person("2", "bob"), client_id="c", data={"why": "left"}
        ),
        origin=Origin("192.0.2.1", "Firefox", "sid", "ref"),
    )
    event = Event.objects.get()
    assert (event.actor_name, event.subject_name, event.client_id) == ("ada", "bob", "c")
    assert (event.ip_address, event.user_agent, event.session_id, event.request_id) == (
        "192.0.2.1",
        "Firefox",
        "sid",
        "ref",
    )
    assert event.data == {"why": "left"}


def test_hostile_text_is_cut_and_cleaned_instead_of_failing() -> None:
    record(
        Entry("x" * 64, subject=Person("9" * 200, "a\x00b\nc" + "d" * 500), data={"k\x00": ["v\x00", {"n": "\x00"}]}),
        origin=Origin("", "agent\x00\u2028" * 300),
    )
    event = Event.objects.get()
    assert event.subject_name.startswith("abcd")
    assert len(event.subject_name) == 150
    assert len(event.user_agent) == 500
    assert event.ip_address is None
    assert event.data == {"k": ["v", {"n": ""}]}


def test_an_event_of_a_change_that_is_undone_is_gone() -> None:
    def change() -> None:
        with transaction.atomic():
            record(Entry("member_changed"))
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011  # raised above
        change()
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("fe80::1", "fe80::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:443", None),
        ("unix:", None),
        ("\x00", None),
    ],
)
def test_an_address_that_no_column_holds_does_not_keep_the_event_from_being_written(
    address: str, kept: str | None
) -> None:
    record(Entry("signed_in"), origin=Origin(address))
    assert Event.objects.get().ip_address == kept

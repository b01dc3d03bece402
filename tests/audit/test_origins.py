"""Whether somebody signs in from where they did before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from audit.models import SeenOrigin
from audit.services import Origin
from audit.services.origins import KEPT, forget_origins, is_new_origin, remove_expired
from audit.tasks import remove_expired as remove_expired_task
from tests.support.racing import at_once, numbered

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:{0}) Gecko/20100101 Firefox/{0}"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1"
BERLIN = {"country": "DE", "city": "Berlin"}


def seen(subject: str = "ada", *, agent: str = FIREFOX.format("128.0"), address: str = "1.1.1.1", **place: str) -> bool:
    return is_new_origin(subject_id=subject, origin=Origin(address, agent, **{**BERLIN, **place}))


def test_the_first_sign_in_ever_is_not_new_and_neither_is_the_same_again() -> None:
    assert [seen(), seen()] == [False, False]


@pytest.mark.parametrize(
    ("later", "is_new"),
    [
        (lambda: seen(agent=FIREFOX.format("129.0")), False),
        (lambda: seen(address="8.8.8.8"), False),
        (lambda: seen(agent=SAFARI), True),
        (lambda: seen(agent=FIREFOX.format("128.0").replace("Windows NT 10.0; Win64; x64", "X11; Linux x86_64")), True),
        (lambda: seen(city="Hamburg"), True),
        (lambda: seen(country="FR", city="Paris"), True),
        (lambda: seen(address="192.168.1.4", country="", city=""), True),
        (lambda: seen(agent="", address="", country="", city=""), True),
    ],
    ids=["update", "other address", "browser", "system", "city", "country", "local network", "unknown"],
)
def test_a_browser_a_system_or_a_place_is_new_and_an_update_is_not(later: Callable[[], bool], is_new: bool) -> None:
    seen()
    assert later() is is_new
    assert later() is False


def test_each_member_has_their_own_past() -> None:
    seen("ada")
    assert seen("bob") is False
    assert seen("bob", agent=SAFARI) is True
    assert seen("ada", agent=SAFARI) is True


def test_neither_device_nor_place_can_be_read_from_the_table() -> None:
    seen()
    assert sorted(len(row.digest) for row in SeenOrigin.objects.all()) == [0, 64]


@pytest.mark.parametrize(("age", "is_kept"), [(KEPT + timedelta(days=1), False), (KEPT - timedelta(days=1), True)])
def test_what_was_not_used_for_a_year_is_forgotten(age: timedelta, is_kept: bool) -> None:
    seen()
    seen(agent=SAFARI)
    SeenOrigin.objects.exclude(digest="").update(seen_at=timezone.now() - age)
    remove_expired_task.call()
    assert seen(agent=SAFARI) is not is_kept


def test_using_it_keeps_it() -> None:
    seen()
    SeenOrigin.objects.update(seen_at=timezone.now() - timedelta(days=300))
    seen()
    assert remove_expired(now=timezone.now() + timedelta(days=100), limit=10) == 0


def test_who_is_forgotten_begins_anew() -> None:
    seen()
    forget_origins(subject_id="ada")
    assert not SeenOrigin.objects.exists()
    assert seen(agent=SAFARI) is False


@pytest.mark.django_db(transaction=True)
def test_of_many_sign_ins_at_once_one_is_new() -> None:
    seen()

    def sign_in(_number: int) -> bool:
        with transaction.atomic():
            return seen(agent=SAFARI)

    assert sorted(at_once(numbered(8, sign_in))) == [False] * 7 + [True]


@pytest.mark.django_db(transaction=True)
def test_of_two_first_sign_ins_at_once_the_second_is_new() -> None:
    def sign_in(number: int) -> bool:
        with transaction.atomic():
            return seen(agent=(SAFARI, FIREFOX.format("128.0"))[number])

    assert sorted(at_once(numbered(2, sign_in))) == [False, True]


@pytest.mark.django_db(transaction=True)
def test_a_sign_in_that_is_undone_was_none() -> None:
    seen()
    with transaction.atomic():
        assert seen(agent=SAFARI)
        transaction.set_rollback(True)
    assert connection.in_atomic_block is False
    assert seen(agent=SAFARI)

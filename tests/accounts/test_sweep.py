"""Sessions and one-time codes that nobody can use any more are removed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import LoginCode, Session
from accounts.services.codes import create_code
from accounts.services.sweep import sweep
from accounts.tasks import remove_expired
from tests.support.accounts import people

pytestmark = pytest.mark.django_db


def test_a_session_goes_when_it_idled_or_aged_out_and_not_before() -> None:
    user = people.make("ada")
    people.browser(user)
    people.browser(user)
    now = timezone.now()
    assert remove_expired.call() == 0
    assert sweep(now=now + timedelta(hours=23, minutes=59), limit=500) == 0
    # One is used daily and so does not idle.
    used = Session.objects.filter(user=user).first()
    assert used is not None
    Session.objects.filter(pk=used.pk).update(last_seen_at=now + timedelta(days=14))
    assert sweep(now=now + timedelta(hours=25), limit=500) == 1
    assert sweep(now=now + timedelta(days=13, hours=23), limit=500) == 0
    assert sweep(now=now + timedelta(days=14, minutes=1), limit=500) == 1
    assert Session.objects.count() == 0


def test_an_expired_code_goes_a_day_later() -> None:
    create_code(user=people.make("ada"), actor=None)
    now = timezone.now()
    assert sweep(now=now + timedelta(hours=24), limit=500) == 0
    assert sweep(now=now + timedelta(hours=26), limit=500) == 1
    assert LoginCode.objects.count() == 0


def test_no_more_rows_go_at_once_than_allowed() -> None:
    user = people.make("ada")
    for _ in range(5):
        people.browser(user)
    later = timezone.now() + timedelta(days=2)
    assert [sweep(now=later, limit=2) for _ in range(4)] == [2, 2, 1, 0]

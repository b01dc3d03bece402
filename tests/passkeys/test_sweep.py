"""Ceremonies that nobody finished are removed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from passkeys.models import Ceremony
from passkeys.services.ceremonies import begin_ceremony, new_challenge
from passkeys.services.sweep import sweep
from passkeys.tasks import remove_expired

pytestmark = pytest.mark.django_db


def test_a_ceremony_goes_when_its_time_is_over_and_not_before() -> None:
    for _ in range(3):
        begin_ceremony(kind="sign_in", challenge=new_challenge(), browser="a browser")
    now = timezone.now()
    assert remove_expired.call() == 0
    assert sweep(now=now + timedelta(minutes=5), limit=500) == 0
    assert [sweep(now=now + timedelta(minutes=6), limit=2) for _ in range(3)] == [2, 1, 0]
    assert Ceremony.objects.count() == 0

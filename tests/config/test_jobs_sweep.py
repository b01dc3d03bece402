"""Old jobs and rate limits are removed."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from config.jobs.sweep import sweep
from config.jobs.tasks import remove_expired
from config.models import Job, RateLimit
from config.requests import rate_limit

pytestmark = pytest.mark.django_db


def test_a_rate_limit_goes_when_it_is_full_again_and_nothing_is_forgotten_before() -> None:
    now = time.time()
    for _ in range(10):
        assert rate_limit.take("sign-in", "192.0.2.1", now=now) is None
    assert remove_expired.call() == 0
    assert rate_limit.take("sign-in", "192.0.2.1", now=now) is not None
    assert sweep(now=timezone.now() + timedelta(seconds=60), limit=500) == 1
    assert RateLimit.objects.count() == 0


def test_done_jobs_go_after_a_day_and_parked_ones_after_a_month() -> None:
    now = timezone.now()
    for status in Job.Status.values:
        Job.objects.create(task=status, status=status, finished_at=now)
    Job.objects.create(task="recurring", period=timedelta(hours=1), finished_at=now)

    def left() -> set[str]:
        return set(Job.objects.values_list("task", flat=True))

    assert sweep(now=now + timedelta(hours=23), limit=500) == 0
    assert sweep(now=now + timedelta(hours=25), limit=500) == 1
    assert left() == {"waiting", "running", "parked", "recurring"}
    assert sweep(now=now + timedelta(days=31), limit=500) == 1
    assert left() == {"waiting", "running", "recurring"}

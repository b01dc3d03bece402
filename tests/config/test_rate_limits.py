from __future__ import annotations

import pytest

from config.requests import rate_limit
from tests.support.racing import at_once


@pytest.mark.django_db
def test_a_burst_passes_and_the_next_attempt_waits() -> None:
    now = 1_000_000.0
    for _ in range(10):
        assert rate_limit.take("sign-in", "192.0.2.1", now=now) is None
    wait = rate_limit.take("sign-in", "192.0.2.1", now=now)
    assert wait == pytest.approx(5.0)
    assert rate_limit.take("sign-in", "192.0.2.2", now=now) is None
    assert rate_limit.take("step-up", "192.0.2.1", now=now) is None


@pytest.mark.django_db
def test_a_refused_attempt_does_not_lengthen_the_wait() -> None:
    now = 1_000_000.0
    for _ in range(30):
        rate_limit.take("sign-in", "192.0.2.1", now=now)
    assert rate_limit.take("sign-in", "192.0.2.1", now=now + 4.9) is not None
    assert rate_limit.take("sign-in", "192.0.2.1", now=now + 5.1) is None


@pytest.mark.django_db
def test_taking_a_token_is_one_statement(django_assert_num_queries: object) -> None:
    rate_limit.take("api", "192.0.2.1")
    with django_assert_num_queries(1):  # type: ignore[operator]
        rate_limit.take("api", "192.0.2.1")


@pytest.mark.django_db(transaction=True)
def test_simultaneous_attempts_take_no_more_than_there_is() -> None:
    waits = at_once([lambda: rate_limit.take("sign-in", "192.0.2.1", now=1_000_000.0)] * 30)
    assert waits.count(None) == 10

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth import get_user_model

from accounts.services import setup
from config.live import values


@pytest.fixture(autouse=True)
def _nothing_is_set_up() -> Iterator[None]:
    """Forget that an earlier test's database was set up; a process remembers it for good."""
    setup._completed = False
    yield
    setup._completed = False


@pytest.fixture(autouse=True)
def _nothing_is_configured() -> Iterator[None]:
    """Take it for known that the page of the configuration saved nothing, as a test begins; saving ends that.

    What one test saved is rolled back behind this process's back, and the read that notices would be one statement
    more wherever it falls.
    """
    values.keep({})
    yield
    values.keep({})


@pytest.fixture
def member(db: None) -> object:
    """One member, so that the first run is over."""
    return get_user_model().objects.create(username="ada", email="ada@example.com", first_name="Ada")

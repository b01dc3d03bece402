from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth import get_user_model

from accounts.services import setup


@pytest.fixture(autouse=True)
def _nothing_is_set_up() -> Iterator[None]:
    """Forget that an earlier test's database was set up; a process remembers it for good."""
    setup._completed = False
    yield
    setup._completed = False


@pytest.fixture
def member(db: None) -> object:
    """One member, so that the first run is over."""
    return get_user_model().objects.create(username="ada", email="ada@example.com", first_name="Ada")

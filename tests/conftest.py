from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model


@pytest.fixture
def member(db: None) -> object:
    """One member, so that the first run is over."""
    return get_user_model().objects.create(username="ada", email="ada@example.com", first_name="Ada")

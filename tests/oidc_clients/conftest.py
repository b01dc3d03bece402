from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import User
from oidc_clients.services import keys
from tests.support.oidc_clients import world


@pytest.fixture(autouse=True)
def _no_limits_and_fresh_keys(settings: Any) -> Iterator[None]:
    """No requests are counted here, and no key of an earlier database is remembered."""
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "rate_limit" not in name]
    keys.forget_key_state()
    yield
    keys.forget_key_state()


@pytest.fixture
def rose(db: None) -> User:
    return world.member()


@pytest.fixture
def app(rose: User) -> world.RelyingParty:
    return world.register()


@pytest.fixture
def other_app(db: None) -> world.RelyingParty:
    return world.register("Other")


@pytest.fixture
def browser(rose: User) -> Browser:
    return world.signed_in(rose)

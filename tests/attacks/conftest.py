"""The project as it is served, without its limits: an attacker here may try as often as they like."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as Browser

from accounts.models import User
from tests.oidc_clients.conftest import _no_limits_and_fresh_keys, app, browser, other_app, rose
from tests.support.accounts.people import superuser
from tests.support.oidc_clients import world

__all__ = ["_no_limits_and_fresh_keys", "app", "browser", "other_app", "rose"]


@pytest.fixture(autouse=True)
def _no_waiting(settings: Any) -> None:
    for name in ("ACCOUNTS", "PASSKEYS", "OIDC_CLIENTS"):
        setattr(settings, f"HEARTHKEY_{name}_RATE_LIMIT", None)


@pytest.fixture
def root(db: None) -> User:
    return superuser()


@pytest.fixture
def anybody(rose: User) -> Browser:
    """A browser without a session, at a service that is set up."""
    return Browser()


@pytest.fixture
def public_app(rose: User) -> world.RelyingParty:
    return world.register("Public", is_public=True)

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.checks import run_checks


def _found() -> list[str | None]:
    return [message.id for message in run_checks(tags=["hearthkey_accounts"])]


def test_the_projects_settings_pass() -> None:
    assert _found() == []


@pytest.mark.parametrize("path", ["nowhere.at_all", "accounts.adapters.nothing"])
def test_a_rate_limit_that_is_nowhere_is_named(settings: Any, path: str) -> None:
    settings.HEARTHKEY_ACCOUNTS_RATE_LIMIT = path
    assert _found() == ["hearthkey_accounts.E001"]
    settings.HEARTHKEY_ACCOUNTS_RATE_LIMIT = "accounts.adapters.no_rate_limit"
    assert _found() == []


@pytest.mark.parametrize("path", ["nowhere.at_all", "accounts.adapters.nothing"])
def test_an_answer_to_who_can_sign_in_that_is_nowhere_is_named(settings: Any, path: str) -> None:
    settings.HEARTHKEY_ACCOUNTS_CAN_SIGN_IN = path
    assert _found() == ["hearthkey_accounts.E001"]
    settings.HEARTHKEY_ACCOUNTS_CAN_SIGN_IN = "accounts.adapters.always_can_sign_in"
    assert _found() == []


@pytest.mark.parametrize("value", [3600, timedelta(0), timedelta(seconds=-1), None])
def test_what_is_no_duration_is_named(settings: Any, value: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_SESSION_IDLE = value
    assert _found() == ["hearthkey_accounts.E002"]
    settings.HEARTHKEY_ACCOUNTS_SESSION_IDLE = lambda: timedelta(seconds=1)
    assert _found() == []

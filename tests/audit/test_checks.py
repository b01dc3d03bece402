"""What the system checks say about this app's settings."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.checks import run_checks


def _found() -> list[str | None]:
    return [message.id for message in run_checks(tags=["hearthkey_audit"])]


def test_the_projects_settings_pass() -> None:
    assert _found() == []


@pytest.mark.parametrize("value", [90, timedelta(0), timedelta(days=-1), None])
def test_a_retention_that_is_no_duration_is_named(settings: Any, value: Any) -> None:
    settings.HEARTHKEY_AUDIT_RETENTION = value
    assert _found() == ["hearthkey_audit.E001"]
    settings.HEARTHKEY_AUDIT_RETENTION = lambda: timedelta(seconds=1)
    assert _found() == []


@pytest.mark.parametrize("path", ["nowhere.at_all", "audit.adapters.nothing"])
@pytest.mark.parametrize(
    ("name", "good"),
    [("ORIGIN", "audit.adapters.connection_origin"), ("GEOIP_MAY_CALL", "audit.geoip.adapters.public_only")],
)
def test_an_adapter_that_is_nowhere_is_named(settings: Any, name: str, good: str, path: str) -> None:
    setattr(settings, f"HEARTHKEY_AUDIT_{name}", path)
    assert _found() == ["hearthkey_audit.E002"]
    setattr(settings, f"HEARTHKEY_AUDIT_{name}", good)
    assert _found() == []

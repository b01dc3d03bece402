from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _no_rate_limits(settings: object) -> None:
    settings.HEARTHKEY_ACCOUNTS_RATE_LIMIT = None  # type: ignore[attr-defined]

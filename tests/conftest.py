from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from xdist.scheduler import LoadFileScheduling

from accounts.services import setup
from config.live import values

_DATABASES = {"db", "transactional_db", "live_server"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what touches no database where the run is about PostgreSQL: the run on SQLite has proved it."""
    if os.environ.get("TEST_DB", "sqlite") == "sqlite":
        return
    kept, left_out = [], []
    for item in items:
        touches = item.get_closest_marker("django_db") or _DATABASES & set(getattr(item, "fixturenames", ()))
        (kept if touches else left_out).append(item)
    config.hook.pytest_deselected(items=left_out)
    items[:] = kept


class _FilesTogether(LoadFileScheduling):
    """``--dist loadfile``, with all files about the image on the one worker that builds it."""

    def _split_scope(self, nodeid: str) -> str:
        return "tests/container" if nodeid.startswith("tests/container/") else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    return _FilesTogether(config, log) if config.getvalue("dist") == "loadfile" else None


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

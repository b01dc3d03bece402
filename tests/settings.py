"""Settings of the test run: the project's own, on the database that TEST_DB names."""

from __future__ import annotations

from config.settings import *  # noqa: F403

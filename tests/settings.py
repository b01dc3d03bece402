"""Settings of the test run: the project's own, on the database that TEST_DB names."""

from __future__ import annotations

import os

from config.settings import *  # noqa: F403
from tests import databases

DATABASES = {"default": databases.for_tests(os.environ.get("TEST_DB", "sqlite"))}
# Browsers and threads read what tests wrote, so nothing may depend on a manifest that only collectstatic makes.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

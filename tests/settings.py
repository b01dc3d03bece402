"""Settings of the test run: the project's own, on the database that TEST_DB names."""

from __future__ import annotations

import os

from config.environment import schema
from config.live import fixed

# What this machine or its .env say about a Hearthkey of their own is none of the tests' business.
for variable in (*schema.variables(), *fixed.variables()):
    os.environ.pop(variable.name, None)
    os.environ.pop(f"{variable.name}_FILE", None)
os.environ["ENCRYPTION_KEY"] = "a key that only the tests use"
os.environ["DATA_DIR"] = os.devnull + "/none"

from config.settings import *  # noqa: E402, F403
from tests.support import databases  # noqa: E402

# As in the server's own processes, which know their address without asking the database.
APP_URL_IS_SET = True
DATABASES = {"default": databases.for_tests(os.environ.get("TEST_DB", "sqlite"))}
# Browsers and threads read what tests wrote, so nothing may depend on a manifest that only collectstatic makes.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True

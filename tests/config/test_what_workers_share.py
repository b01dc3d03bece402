"""The server loads the application once and forks its workers from there."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from config.environment.schema import BASE_DIR
from tests.support.servers import clean_environment, migrated_database

pytestmark = pytest.mark.serve

LOADED = """
import json, sys, threading
import config.wsgi
from django.db import connection
print(json.dumps({
    "threads": threading.active_count(),
    "is_connected": connection.connection is not None,
    "pools": list(getattr(connection, "_connection_pools", {})),
    "views": "accounts.views.account" in sys.modules,
}))
"""


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_no_connection_and_no_thread_of_the_server_is_there_when_it_forks(database: str, tmp_path: Path) -> None:
    """Two processes on one connection would read each other's answers, and a thread does not survive a fork."""
    environment = clean_environment(
        DATA_DIR=str(tmp_path),
        ENCRYPTION_KEY=secrets.token_urlsafe(32),
        ENV_FILE=os.devnull,
        **migrated_database(tmp_path, database),
    )
    loaded = subprocess.run(
        [sys.executable, "-c", LOADED], env=environment, cwd=BASE_DIR, capture_output=True, text=True, check=True
    )
    found = json.loads(loaded.stdout.splitlines()[-1])
    assert found == {"threads": 1, "is_connected": False, "pools": [], "views": True}

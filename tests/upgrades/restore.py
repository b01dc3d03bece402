"""Restore a kept database for a service that then migrates it."""

from __future__ import annotations

import gzip
import json
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils import timezone

from tests.support import servers

HERE = Path(__file__).resolve().parent
#: The key that the tests run with, and the kept databases were written with.
ENCRYPTION_KEY = "a key that only the tests use"
_COLUMNS = """
SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = 'public' AND data_type = 'timestamp with time zone'
"""


def releases() -> list[str]:
    """Return the releases whose databases are kept."""
    return sorted(path.name for path in HERE.iterdir() if (path / "sqlite.sql.gz").exists())


def restore(release: str, kind: str, folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Restore the database as if it had been written just now.

    Return what its people, apps and devices hold, and the environment variables of a service that uses it.
    """
    name = {"sqlite": "sqlite", "postgres": "postgresql"}[kind]
    script = gzip.decompress((HERE / release / f"{name}.sql.gz").read_bytes()).decode()
    held: dict[str, Any] = json.loads((HERE / release / f"{name}.json").read_text())
    seconds = int((timezone.now() - datetime.fromisoformat(held["seeded_at"])).total_seconds())
    restore_into = _restore_sqlite if kind == "sqlite" else _restore_postgres
    return held, {"ENCRYPTION_KEY": ENCRYPTION_KEY, **restore_into(script, folder, seconds)}


def _restore_sqlite(script: str, folder: Path, seconds: int) -> dict[str, str]:
    (folder / "data").mkdir(mode=0o700)
    connection = sqlite3.connect(folder / "data" / servers.SQLITE)
    connection.executescript(script)
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in tables:
        for _number, column, kind, *_rest in list(connection.execute(f'PRAGMA table_info("{table}")')):
            if kind == "datetime":
                moved = f"strftime('%Y-%m-%d %H:%M:%f', \"{column}\", '{seconds:+d} seconds')"
                connection.execute(f'UPDATE "{table}" SET "{column}" = {moved} WHERE "{column}" IS NOT NULL')  # noqa: S608  # names from the schema
    connection.commit()
    connection.close()
    return {}


def _restore_postgres(script: str, folder: Path, seconds: int) -> dict[str, str]:
    import psycopg  # noqa: PLC0415  # with PostgreSQL only

    url = servers.postgres_url(servers.create_postgres("template1"))
    with psycopg.connect(url) as connection:
        connection.execute(script)
        for table, column in connection.execute(_COLUMNS).fetchall():
            connection.execute(f'UPDATE "{table}" SET "{column}" = "{column}" + interval \'{seconds} seconds\'')  # noqa: S608
    return {"DB_CONNECTION_STRING": url}

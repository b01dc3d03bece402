"""Django's database settings: SQLite in the data folder, or PostgreSQL with a connection pool."""

from __future__ import annotations

from typing import Any

from .exceptions import ConfigurationError
from .schema import Environment

SQLITE_NAME = "hearthkey.sqlite3"

#: Seconds that a request waits for another one's write.
SQLITE_WAIT = 5
#: Seconds that a request waits for a connection: half of what people wait at most for a page that says so.
POSTGRESQL_WAIT = 1.0

#: Connections per worker process. Four threads serve requests; two more are for what runs beside them.
POOL_SIZE = 6


def default(environment: Environment) -> dict[str, Any]:
    """Return the settings of the default database.

    :raises ConfigurationError: DB_CONNECTION_STRING is no libpq connection string.
    """
    if environment.db_connection_string is None:
        return sqlite(str(environment.data_dir / SQLITE_NAME))
    return postgresql(environment.db_connection_string)


def sqlite(name: str) -> dict[str, Any]:
    """Return settings for an SQLite file that eight threads of two processes write to.

    ``IMMEDIATE`` takes the write lock at BEGIN: a transaction that upgraded a read lock could fail at once
    instead of waiting. ``synchronous=FULL`` keeps every answered commit through a power loss.
    """
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": name,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": SQLITE_WAIT,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        },
    }


def postgresql(connection_string: str) -> dict[str, Any]:
    """Return settings for PostgreSQL from a libpq URL; parameters that Django has no setting for become options.

    :raises ConfigurationError: it is no libpq connection string.
    """
    # With SQLite nothing else needs them, and they are a tenth of the time that a command takes to start.
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415
    from psycopg.errors import ProgrammingError  # noqa: PLC0415

    try:
        parts = dict(conninfo_to_dict(connection_string))
    except ProgrammingError:
        # The parser's message repeats the string, password included.
        raise ConfigurationError("DB_CONNECTION_STRING is no PostgreSQL address that libpq understands.") from None
    pool = {
        "min_size": 1,
        "max_size": POOL_SIZE,
        "timeout": POSTGRESQL_WAIT,
        # A connection that can't be made is given up soon, and the next request tries again. The pool's own attempts would
        # come at ever longer intervals, long after the server is back.
        "reconnect_timeout": 0.5,
    }
    options: dict[str, Any] = {"connect_timeout": "2", "pool": pool}
    settings: dict[str, Any] = {
        "ENGINE": "config.environment.postgresql",
        "NAME": parts.pop("dbname", None) or parts.get("user") or "postgres",
        "USER": parts.pop("user", None) or "",
        "PASSWORD": parts.pop("password", None) or "",
        "HOST": parts.pop("host", None) or "",
        "PORT": str(parts.pop("port", None) or ""),
        "OPTIONS": {**options, **parts},
    }
    return settings

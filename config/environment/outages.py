"""Telling a database that is away, locked or full from a mistake in a query."""

from __future__ import annotations

import sqlite3
from typing import Final

from django.db import DatabaseError, InterfaceError, OperationalError

#: BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN: the low byte of SQLite's result codes.
_SQLITE: Final = frozenset({5, 6, 8, 10, 13, 14})
#: Classes and codes of PostgreSQL: connection, resources, operator intervention, system error; deadlock and serialization
#: failure, which a second attempt resolves; read-only transaction, on a server that became a standby; lock not available.
_POSTGRESQL: Final = ("08", "53", "57", "58", "40", "25006", "55P03")


def is_outage(error: BaseException | None) -> bool:
    """Return whether the same request may succeed in a moment, when the database is back."""
    if not isinstance(error, DatabaseError | InterfaceError):
        return False
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in _SQLITE
    state = getattr(cause, "sqlstate", None)
    if state is not None:
        return str(state).startswith(_POSTGRESQL)
    # Without a code from the server, there was no answer at all: no connection, or one that was lost.
    return isinstance(error, OperationalError | InterfaceError)

"""Counts the statements that a piece of code sends to the database."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection

#: What reads or writes rows; BEGIN, COMMIT, SAVEPOINT and their like are no statements in this sense.
_ROWS = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", re.IGNORECASE)
#: At most once a minute and session, so no part of a hot path.
_LAST_SEEN = re.compile(r'UPDATE "\w+session" SET "last_seen_at" = \S+ WHERE', re.IGNORECASE)


@contextlib.contextmanager
def counted_sql() -> Iterator[list[str]]:
    """Fill the list that is yielded with every SELECT, INSERT, UPDATE and DELETE of this thread's connection."""
    statements: list[str] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if _ROWS.match(sql) and not _LAST_SEEN.match(sql):
            statements.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield statements

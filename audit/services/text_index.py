"""Finding events by text with the database's own trigram index, see ``docs/decisions/0026-search.md``."""

from __future__ import annotations

import uuid
from typing import Final

from django.db import connections

#: Trigrams are what is indexed, so a shorter text can't be looked up.
SHORTEST: Final = 3

_EXISTS: Final = {
    "sqlite": "SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND name = 'hearthkey_audit_event_added'",
    "postgresql": "SELECT 1 WHERE to_regclass('hearthkey_audit_event_search') IS NOT NULL",
}
# The expression is that of the index, word for word; else PostgreSQL doesn't use it.
_FIND: Final = {
    "sqlite": """SELECT event_id FROM hearthkey_audit_search WHERE id IN (
        SELECT rowid FROM hearthkey_audit_search_index WHERE hearthkey_audit_search_index MATCH %s LIMIT %s)""",
    "postgresql": """SELECT id FROM hearthkey_audit_event WHERE (
        subject_name || chr(10) || actor_name || chr(10) || client_id || chr(10) || coalesce(host(ip_address), '')
        || chr(10) || city || chr(10) || device || chr(10) || user_agent || chr(10) || session_id || chr(10)
        || request_id || chr(10) || data::text) ILIKE %s LIMIT %s""",
}


def find_events(*, text: str, alias: str, most: int) -> list[uuid.UUID] | None:
    """Return the primary keys of the events with ``text``, or None if the index can't tell or there are too many.

    More than ``most`` events are too many: a text that is in so many of them is soon found by reading the newest.
    """
    connection = connections[alias]
    if len(text) < SHORTEST or connection.vendor not in _FIND:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_EXISTS[connection.vendor])
        if cursor.fetchone() is None:
            return None
        cursor.execute(_FIND[connection.vendor], [_pattern(text, connection.vendor), most + 1])
        keys = [uuid.UUID(str(row[0])) for row in cursor.fetchall()]
    return keys if len(keys) <= most else None


def _pattern(text: str, vendor: str) -> str:
    if vendor == "sqlite":
        quoted = text.replace('"', '""')
        return f'"{quoted}"'
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"

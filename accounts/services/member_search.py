"""Finding members by text with the database's own trigram index, see ``docs/decisions/0026-search.md``."""

from __future__ import annotations

import uuid
from typing import Final

from django.db import connections
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.utils.text import smart_split, unescape_string_literal

from ..models import User

#: Trigrams are what is indexed, so a shorter word can't be looked up.
SHORTEST: Final = 3
#: Members that are considered. A search that finds more shows these, and needs another word.
MOST: Final = 1_000

_EXISTS: Final = {
    "sqlite": "SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND name = 'hearthkey_accounts_user_changed'",
    "postgresql": "SELECT 1 WHERE to_regclass('hearthkey_accounts_user_search') IS NOT NULL",
}
# The expression is that of the index, word for word; else PostgreSQL doesn't use it.
_SQLITE: Final = """SELECT user_id FROM hearthkey_accounts_search WHERE id IN (
    SELECT rowid FROM hearthkey_accounts_search_index WHERE hearthkey_accounts_search_index MATCH %s LIMIT %s)"""
_TEXT: Final = (
    "(username || chr(10) || email || chr(10) || first_name || chr(10) || last_name || chr(10) || display_name)"
)


def with_words(members: QuerySet[User], search: str) -> QuerySet[User]:
    """Return a superset of the members in whom every word of ``search`` is found, small enough to be read.

    Without the index, or if every word is short, these are all members. Quotation marks keep several words together.
    """
    words = [_unquoted(word) for word in smart_split(search)]
    indexed = [word for word in words if len(word) >= SHORTEST]
    keys = _find(indexed, members.db) if indexed else None
    if keys is None:
        return members
    if len(keys) > MOST:
        # Whoever is named in full is found all the same.
        lowered = [word.lower() for word in words]
        for column in ("username", "email"):
            # The index of addresses leaves out empty ones, so the condition has to say so.
            named = User.objects.using(members.db).exclude(**{column: ""})
            exact = named.annotate(lowered=Lower(column)).filter(lowered__in=lowered)
            keys += exact.order_by().values_list("pk", flat=True)
    return members.filter(pk__in=keys)


def _find(words: list[str], alias: str) -> list[uuid.UUID] | None:
    """Return the keys of the members with all the words, at most one more than ``MOST``; None without an index."""
    connection = connections[alias]
    if connection.vendor not in _EXISTS:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_EXISTS[connection.vendor])
        if cursor.fetchone() is None:
            return None
        if connection.vendor == "sqlite":
            match = " ".join('"' + word.replace('"', '""') + '"' for word in words)
            cursor.execute(_SQLITE, [match, MOST + 1])
        else:
            condition = " AND ".join([f"{_TEXT} ILIKE %s"] * len(words))
            found = f"SELECT id FROM hearthkey_accounts_user WHERE {condition} LIMIT %s"  # noqa: S608  # our own column names
            cursor.execute(found, [*(_like(word) for word in words), MOST + 1])
        return [uuid.UUID(str(row[0])) for row in cursor.fetchall()]


def _unquoted(word: str) -> str:
    is_quoted = word[:1] in ("'", '"') and word[0] == word[-1]
    return unescape_string_literal(word) if is_quoted else word


def _like(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"

"""Locks that keep a client and a member from being deleted while a request writes rows for them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db import connections, router

from ..models import Client


def keep_undeleted(*, client: Client, user: Any) -> bool:
    """Lock both rows against deletion until the transaction ends. Return False if one of them is already gone.

    Take this lock before any other one. A deletion locks the client or the member first and then their rows, and
    PostgreSQL checks foreign keys only when a transaction commits: a request that has locked a token by then and a
    deletion that waits for the token would wait for each other. The lock is shared, so requests don't block each other;
    Django has no name for it. SQLite has one writer at a time, which needs no lock.
    """
    connection = connections[router.db_for_write(Client)]
    if connection.vendor != "postgresql":
        return True
    member, client_table = get_user_model()._meta, Client._meta.db_table
    key = member.pk.column or member.pk.name
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT 1 FROM {quote(client_table)} c, {quote(member.db_table)} m "  # noqa: S608  # quoted names
            f"WHERE c.id = %s AND m.{quote(key)} = %s FOR KEY SHARE",
            [client.pk, user.pk],
        )
        return cursor.fetchone() is not None

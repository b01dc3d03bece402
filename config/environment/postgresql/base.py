"""The database backend; Django looks for it under this module's name."""

from __future__ import annotations

import select
from typing import Any

from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool


class DatabaseWrapper(base.DatabaseWrapper):
    """Takes no connection from the pool that the server has closed meanwhile.

    The pool's own check waits a second after each broken connection, and a restart breaks all of them: the requests that
    follow would fail one after the other.
    """

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        connection = super().get_new_connection(conn_params)
        while self.pool is not None and _is_broken(connection):
            self.pool.putconn(connection)  # discards it and opens another one
            connection = super().get_new_connection(conn_params)
        return connection


def _is_broken(connection: Any) -> bool:
    """Return whether the server has closed this idle connection.

    A server that closes a connection says so, which makes the socket readable. Only then is it worth asking: a query for
    each request would cost more than all that this saves.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if not poll.poll(0):
        return False
    try:
        ConnectionPool.check_connection(connection)
    except Exception:  # noqa: BLE001  # whatever is wrong with it, it is not used
        return True
    return False

"""What searching members costs with a million of them: ``python -m benchmarks.member_search [sqlite|postgres] [ROWS]``.

Each page is requested over the whole stack, in this process, on a connection of its own as in a running service. Exits with 1
if a page takes longer than it may.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

from .audit_list import milliseconds, operator

LIMIT_MS = 300.0
LIST = "/admin/hearthkey_accounts/user/"
CHOICES = "/admin/autocomplete/?app_label=hearthkey_accounts&model_name=session&field_name=user&term="

_COLUMNS = """(id, password, is_superuser, is_staff, is_active, username, email, email_verified, verified_email, first_name,
 last_name, display_name, locale, created_at, updated_at)"""
_VALUES = """'', false, false, true, 'member' || i, 'member' || i || '@example.com', true, '', 'First' || (i %% 997),
 'Last' || (i %% 9973), '', '', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP"""
_SQLITE = f"""
INSERT INTO hearthkey_accounts_user {_COLUMNS}
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s)
SELECT lower(hex(randomblob(16))), {_VALUES} FROM n
"""  # noqa: S608  # nothing but the columns above is put in
_POSTGRES = f"""
INSERT INTO hearthkey_accounts_user {_COLUMNS} SELECT gen_random_uuid(), {_VALUES} FROM generate_series(1, %s) AS i
"""  # noqa: S608  # nothing but the columns above is put in

PAGES = {
    "first page": LIST,
    "one member by username": f"{LIST}?q=member123456",
    "part of an address": f"{LIST}?q=23456%40exam",
    "a last name that 100 have": f"{LIST}?q=Last123",
    "two words": f"{LIST}?q=First12+Last34",
    "a word that everyone has": f"{LIST}?q=example",
    "nobody": f"{LIST}?q=nowhere",
    "searchable select": f"{CHOICES}member4711",
    "searchable select, common word": f"{CHOICES}member",
}


def main(kind: str, rows: int) -> int:
    os.environ["TEST_DB"] = kind
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django  # noqa: PLC0415  # the settings are chosen above

    django.setup()
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import setup_test_environment, teardown_test_environment  # noqa: PLC0415

    setup_test_environment()
    connection.creation.create_test_db(verbosity=0)
    try:
        return measure(connection, rows)
    finally:
        connection.close()
        connection.creation.destroy_test_db(connection.settings_dict["NAME"], verbosity=0)
        teardown_test_environment()


def measure(connection: Any, rows: int) -> int:
    """Print one line per page and return the exit code."""
    import logging  # noqa: PLC0415

    logging.disable(logging.INFO)
    _key, get = operator()
    began = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute(_SQLITE if connection.vendor == "sqlite" else _POSTGRES, [rows])
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM ANALYZE hearthkey_accounts_user")
    print(f"{rows:,} members written in {time.monotonic() - began:.0f} s")  # noqa: T201
    worst = 0.0
    for title, path in PAGES.items():
        took = milliseconds(get, path)
        worst = max(worst, took)
        print(f"{title:34} {took:7.1f} ms")  # noqa: T201
    print(f"slowest {worst:.1f} ms of {LIMIT_MS:.0f} ms")  # noqa: T201
    return 0 if worst < LIMIT_MS else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "sqlite", int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000))

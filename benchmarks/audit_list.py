"""What the operators' list of events costs with a million rows: ``python -m benchmarks.audit_list [sqlite|postgres] [ROWS]``.

Each page is asked for over the whole stack, in this process. The floor is the first page of a table that holds one
page: what a request, its session and the drawing of a hundred rows cost anyway. The ratio to it says what the size of
the table adds. Ends with 1 when a page takes longer than it may.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable
from typing import Any

LIMIT_MS = 150.0
ROUNDS = 15
LIST = "/admin/hearthkey_audit/event/"

ACTIVITY = "/account/activity/"

#: A hundred thousand members and ten clients, a tenth of the events of one member, as many of one country, one in a hundred
#: thousand rare.
_COLUMNS = """(id, at, name, actor_id, actor_name, subject_id, subject_name, client_id, ip_address, is_internal, country,
 city, user_agent, device, session_id, request_id, data)"""
_SQLITE = f"""
INSERT INTO hearthkey_audit_event {_COLUMNS}
WITH RECURSIVE busy(id) AS (SELECT %s), n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s)
SELECT lower(hex(randomblob(16))), strftime('%%Y-%%m-%%d %%H:%%M:%%f', '2026-01-01', '+' || (i * 7) || ' seconds'),
 CASE WHEN i %% 100000 = 17 THEN 'member_deleted' WHEN i %% 3 = 0 THEN 'signed_out' ELSE 'client_authorized' END,
 '', '', CASE WHEN i %% 10 = 4 THEN busy.id ELSE 'member' || (i %% 100000) END, 'name' || (i %% 100000), 'client' || (i %% 10), '203.0.113.' || (i %% 250), i %% 7 = 0,
 CASE WHEN i %% 10 = 0 THEN 'DE' ELSE 'FR' END, 'City', 'Mozilla/5.0', 'Safari on iPhone', 'sid' || i, 'ref' || i,
 '{{"client_name": "App"}}' FROM busy, n
"""  # noqa: S608  # nothing but the columns above is put in
_POSTGRES = f"""
INSERT INTO hearthkey_audit_event {_COLUMNS}
WITH busy(id) AS (SELECT %s::text)
SELECT gen_random_uuid(), timestamptz '2026-01-01' + i * interval '7 seconds',
 CASE WHEN i %% 100000 = 17 THEN 'member_deleted' WHEN i %% 3 = 0 THEN 'signed_out' ELSE 'client_authorized' END,
 '', '', CASE WHEN i %% 10 = 4 THEN busy.id ELSE 'member' || (i %% 100000) END, 'name' || (i %% 100000), 'client' || (i %% 10), ('203.0.113.' || (i %% 250))::inet,
 i %% 7 = 0, CASE WHEN i %% 10 = 0 THEN 'DE' ELSE 'FR' END, 'City', 'Mozilla/5.0', 'Safari on iPhone', 'sid' || i,
 'ref' || i, '{{"client_name": "App"}}'::jsonb FROM busy, generate_series(1, %s) AS i
"""  # noqa: S608  # nothing but the columns above is put in


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
    busy, get = operator()
    fill(connection, 100, busy)
    floor = milliseconds(get, LIST)
    began = time.monotonic()
    fill(connection, rows, busy)
    print(f"{rows:,} rows written in {time.monotonic() - began:.0f} s; floor {floor:.1f} ms")  # noqa: T201
    worst = 0.0
    for title, path in pages(get):
        took = milliseconds(get, path)
        worst = max(worst, took)
        print(f"{title:34} {took:7.1f} ms  {took / floor:5.2f} x floor")  # noqa: T201
    print(f"slowest {worst:.1f} ms of {LIMIT_MS:.0f} ms")  # noqa: T201
    return 0 if worst < LIMIT_MS else 1


def operator() -> tuple[str, Callable[[str], str]]:
    """Sign an operator in; return their primary key, and what gets a page for them."""
    from django.contrib.auth import get_user_model  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    from tests.support.passkey_sessions import begin_passkey_session  # noqa: PLC0415

    user = get_user_model().objects.create(username="root", email="root@example.com", is_staff=True, is_superuser=True)
    client = Client()
    begin_passkey_session(client, user)

    def get(path: str) -> str:
        response = client.get(path)
        if response.status_code != 200:
            raise RuntimeError(f"{path}: {response.status_code}")
        return response.content.decode()

    return str(user.pk), get


def fill(connection: Any, rows: int, busy: str) -> None:
    """Replace all events by ``rows`` of them, a tenth of them about ``busy``; let the database learn what it has."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM hearthkey_audit_event")
        cursor.execute(_SQLITE if connection.vendor == "sqlite" else _POSTGRES, [busy, rows])
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE hearthkey_audit_event")


def pages(get: Callable[[str], str]) -> list[tuple[str, str]]:
    second = LIST + older(get(LIST))
    deep = LIST + "?before=1767232800000000-" + "f" * 32
    by_client = f"{LIST}?client=client3"
    return [
        ("first page", LIST),
        ("second page", second),
        ("page near the end", deep),
        ("one member", f"{LIST}?member=member77"),
        ("a member with very many", f"{LIST}?member=root"),
        ("their own page", ACTIVITY),
        ("their own page, further back", ACTIVITY + older(get(ACTIVITY))),
        ("one client", by_client),
        ("one client, second page", LIST + older(get(by_client))),
        ("a rare event", f"{LIST}?event=member_deleted"),
        ("a country", f"{LIST}?country=DE"),
        ("own network", f"{LIST}?network=internal"),
        ("an address that nobody has", f"{LIST}?network=internal&country=XX"),
        ("a day", f"{LIST}?since=2026-02-01&until=2026-02-01"),
        (
            "a client and an event of a week",
            f"{LIST}?client=client3&event=signed_out&since=2026-02-01&until=2026-02-07",
        ),
        ("two filters that meet nowhere", f"{LIST}?client=client3&event=member_deleted"),
        ("search that finds much", f"{LIST}?q=safari"),
        ("search that finds one old event", f"{LIST}?q=sid171717"),
        ("search that finds nothing", f"{LIST}?q=nowhere-at-all"),
    ]


def older(page: str) -> str:
    found = re.search(r'href="(\?[^"]*)" rel="next"', page)
    if found is None:
        raise RuntimeError("no further page")
    return found[1].replace("&amp;", "&")


def milliseconds(get: Callable[[str], str], path: str) -> float:
    """Return the shortest time of a page: whatever else the machine does only ever adds to it."""
    get(path)
    times = []
    for _round in range(ROUNDS):
        began = time.perf_counter()
        get(path)
        times.append((time.perf_counter() - began) * 1000)
    return min(times)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "sqlite", int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000))

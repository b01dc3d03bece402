"""The file of places is missing, fetched, cut short, nonsense or exchanged all the time, under the real service."""

from __future__ import annotations

import json
import os
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support import servers
from tests.support.audit.geoip_files import BERLIN, Server, answer, content, write
from tests.support.servers import Hearthkey
from tests.support.setting_up import create_administrator

pytestmark = [pytest.mark.serve, pytest.mark.timeout(240)]

#: A little more than the seconds in which each process notices another file.
NOTICED = 2.3
EVENTS = """
import json
from audit.models import Event
found = Event.objects.filter(ip_address="192.0.2.7", name="signed_in").order_by("at")
print(json.dumps([f"{event.city} {event.country}".strip() for event in found]))
"""


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[Server]:
    server = Server(None)
    server.replies["/city.mmdb?token=canary-token"] = answer("200 OK", content(tmp_path))
    yield server
    server.close()


@pytest.fixture
def service(tmp_path: Path, mirror: Server) -> Iterator[Hearthkey]:
    with servers.hearthkey(
        tmp_path,
        DISABLE_RATE_LIMITING="true",
        TRUST_PROXY="true",
        OUTBOUND_ALLOW="127.0.0.1",
        GEOLITE_DB_URL=f"http://127.0.0.1:{mirror.port}/city.mmdb?token=canary-token",
    ) as found:
        create_administrator(found, username="root", email="root@example.org")
        yield found


def sign_in(service: Hearthkey, link: str) -> None:
    session: Any = requests.Session()
    session.headers["X-Forwarded-For"] = BERLIN
    page = session.get(link, timeout=30).text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token, page
    headers = {"Origin": service.url}
    done = session.post(link, data={"csrfmiddlewaretoken": token[1]}, headers=headers, timeout=30)
    assert done.url.endswith("/account/"), done.text


def test_people_sign_in_whatever_happens_to_the_file_of_places(service: Hearthkey, mirror: Server) -> None:  # fault 10
    path = service.folder / "data" / "GeoLite2-City.mmdb"
    ends_at = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < ends_at, "the worker downloads nothing"
        time.sleep(0.2)
    assert mirror.paths == ["/city.mmdb.sha256?token=canary-token", "/city.mmdb?token=canary-token"]
    whole = path.read_bytes()

    def state(make: Any) -> None:
        make()
        time.sleep(NOTICED)
        sign_in(service, service.login_link("root"))

    state(lambda: None)
    state(lambda: os.truncate(path, len(whole) // 2))
    state(lambda: path.write_bytes(os.urandom(len(whole))))
    state(lambda: os.replace(write(path.with_suffix(".new"), "Bonn"), path))
    state(path.unlink)
    links = [service.login_link("root") for _ in range(4)]
    stopped = threading.Event()

    def exchange() -> None:
        while not stopped.is_set():
            path.with_suffix(".new").write_bytes(whole)
            os.replace(path.with_suffix(".new"), path)
            time.sleep(0.01)

    thread = threading.Thread(target=exchange)
    thread.start()
    try:
        time.sleep(NOTICED)
        for link in links:
            sign_in(service, link)
    finally:
        stopped.set()
        thread.join()
    found = json.loads(service.manage("shell", "--no-imports", "-c", EVENTS))
    assert found == ["Berlin DE", "", "", "Bonn DE", "", *["Berlin DE"] * 4]
    assert "canary" not in (service.folder / "serve.log").read_text()

"""A database that is away, locked, read-only or full: writes get 503 in time, reads go on, and nothing is half written."""

from __future__ import annotations

import contextlib
import getpass
import resource
import shlex
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support import databases, servers
from tests.support.servers import Hearthkey
from tests.support.setting_up import create_administrator

pytestmark = [pytest.mark.serve, pytest.mark.timeout(240)]
FORM = {"grant_type": "authorization_code", "code": "x", "redirect_uri": "http://app.localhost/callback"}


def processes_of(service: Hearthkey) -> list[int]:
    """Return the service's process and all that it started."""
    found = [service.process.pid]
    for pid in found:
        with contextlib.suppress(FileNotFoundError):
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            found.extend(int(child) for child in children)
    return found


class Client:
    """A client that asks the service for things that read or write."""

    def __init__(self, service: Hearthkey) -> None:
        self.service = service
        made = service.create_client("App", FORM["redirect_uri"], "--unrestricted")
        self.credentials = (made["client_id"], made["client_secret"])

    def token(self) -> requests.Response:
        url = f"{self.service.url}/api/oidc/token"
        return requests.post(url, data=FORM, auth=self.credentials, timeout=30)

    def device(self) -> requests.Response:
        url = f"{self.service.url}/api/oidc/device/authorize"
        return requests.post(url, data={"scope": "openid"}, auth=self.credentials, timeout=30)

    def authorize(self) -> requests.Response:
        asked = {
            "client_id": self.credentials[0],
            "response_type": "code",
            "redirect_uri": FORM["redirect_uri"],
            "scope": "openid",
        }
        url = f"{self.service.url}/authorize"
        return requests.get(url, params=asked, timeout=30, allow_redirects=False)

    def get(self, path: str) -> requests.Response:
        return requests.get(self.service.url + path, timeout=30)


def assert_unavailable(response: requests.Response, *, within: float) -> None:
    assert response.status_code == 503, response.text
    assert response.elapsed.total_seconds() < within
    assert int(response.headers["Retry-After"]) > 0
    if "/api/" in response.url:
        assert response.json()["error"] == "temporarily_unavailable"
    else:
        assert "Back in a moment" in response.text


def rows(folder: Path) -> dict[str, int]:
    with contextlib.closing(sqlite3.connect(folder / "data" / servers.SQLITE)) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        counted = {name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}  # noqa: S608
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    return {name: count for name, count in counted.items() if "oidc_clients" in name or "audit" in name}


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with servers.hearthkey(tmp_path, DISABLE_RATE_LIMITING="true") as service:
        create_administrator(service, username="root", email="root@example.org")
        yield Client(service)


@contextlib.contextmanager
def locked(client: Client) -> Iterator[None]:
    path = client.service.folder / "data" / servers.SQLITE
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        yield
        holder.execute("ROLLBACK")


@contextlib.contextmanager
def full(client: Client) -> Iterator[None]:
    """Let no file of the service grow, as a full disk does; its log may be lost."""
    before = {pid: resource.prlimit(pid, resource.RLIMIT_FSIZE) for pid in processes_of(client.service)}
    for pid, (_soft, hard) in before.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
    yield
    for pid, limits in before.items():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


@pytest.mark.parametrize(("trouble", "within"), [(locked, 7.0), (full, 2.0)])
def test_sqlite_that_cannot_be_written_to(client: Client, trouble: Callable[..., Any], within: float) -> None:
    assert client.device().status_code == 200
    assert client.get("/readyz").status_code == 200
    before = rows(client.service.folder)
    with trouble(client):
        for ask in (client.device, client.authorize):
            assert_unavailable(ask(), within=within)
        assert client.get("/login").status_code == 200
        assert client.get("/.well-known/openid-configuration").status_code == 200
        ready = client.get("/readyz")
        assert (ready.status_code, ready.text) == (503, "the database can't be written to\n")
    assert rows(client.service.folder) == before
    assert client.device().status_code == 200
    assert client.authorize().status_code in (302, 303)
    assert client.get("/readyz").status_code == 200


def pg_ctl(folder: str, *arguments: str) -> None:
    """Control the server by the program that came with it, and start it with the options that it had."""
    program, *options = shlex.split((Path(folder) / "postmaster.opts").read_text())
    command = [str(Path(program).with_name("pg_ctl")), "-D", folder, "-w", "-l", f"{folder}/again.log"]
    if (owner := Path(folder).owner()) != getpass.getuser():
        command = ["runuser", "-u", owner, "--", *command]
    if arguments == ("start",):
        arguments = ("start", "-o", shlex.join(options))
    subprocess.run([*command, *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)


def test_postgresql_that_is_away_and_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = databases.start_postgres()
    monkeypatch.setenv("TEST_PG_DIR", folder)
    with servers.hearthkey(tmp_path, database="postgres", is_migrated=False, DISABLE_RATE_LIMITING="true") as service:
        create_administrator(service, username="root", email="root@example.org")
        client = Client(service)
        for _ in range(20):
            assert client.token().status_code == 400
        # A restart that the service does not notice until it uses its connections again.
        pg_ctl(folder, "restart", "-m", "fast")
        assert [client.token().status_code for _ in range(20)] == [400] * 20
        pg_ctl(folder, "stop", "-m", "fast")
        for ask in (client.token, client.authorize, client.device):
            assert_unavailable(ask(), within=2.0)
        assert client.get("/.well-known/openid-configuration").status_code == 200
        assert client.get("/readyz").status_code == 503
        time.sleep(5)
        assert_unavailable(client.token(), within=2.0)
        pg_ctl(folder, "start")
        assert [client.token().status_code for _ in range(20)] == [400] * 20
        assert client.get("/readyz").status_code == 200
        assert "Traceback" not in service.log

"""Downloading the file of places from a server that does what the real one does, and worse."""

from __future__ import annotations

import dataclasses
import ipaddress
import json
import logging
import os
import socket
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from audit.geoip import database, lookup, source, state, status
from audit.geoip.exceptions import GeoIPError
from audit.geoip.refresh import TRIES_A_DAY, Limits, refresh
from audit.geoip.tasks import refresh as task
from tests.audit.geoip_files import BERLIN, Reply, Server, answer, archive, checksum, content, write, zipped

KEY = "canary_licence_key_mmk"
STORE = "store.example"
QUICK = Limits(seconds=5.0, patience=1.0)
TIGHT = Limits(seconds=0.6, patience=0.4)


class Service:
    """MaxMind's download service, and the store that it sends people to."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        self.folder = folder
        at_maxmind = f"/app/geoip_download?edition_id=GeoLite2-City&license_key={KEY}&suffix=tar.gz"
        self.archive_path, self.checksum_path = at_maxmind, f"{at_maxmind}.sha256"
        self.release("Berlin")

    def release(self, city: str) -> bytes:
        self.packed = archive(content(self.folder, city))
        self.replies = {
            self.checksum_path: answer("302 Found", b"", f"Location: https://{STORE}/sum?signature=canary-signature"),
            self.archive_path: answer("302 Found", b"", f"Location: https://{STORE}/file?signature=canary-signature"),
            "/sum?signature=canary-signature": answer("200 OK", checksum(self.packed)),
            "/file?signature=canary-signature": answer("200 OK", self.packed),
        }
        return self.packed

    @property
    def replies(self) -> dict[str, Reply]:
        return self.server.replies

    @replies.setter
    def replies(self, replies: dict[str, Reply]) -> None:
        self.server.replies = replies

    @property
    def downloads(self) -> int:
        return self.server.paths.count(self.archive_path)

    def store(self, reply: Reply) -> None:
        self.replies["/file?signature=canary-signature"] = reply

    def resolve(self, _host: str, _port: int, *, type: int) -> list[tuple[Any, ...]]:
        return [(socket.AF_INET, type, 6, "", ("127.0.0.1", self.server.port))]

    def refresh(self, *, hours: float = 0, limits: Limits = QUICK) -> str:
        return refresh(now=datetime.now(UTC) + timedelta(hours=hours), limits=limits, resolve=self.resolve)

    def failure(self, *, hours: float = 0, limits: Limits = QUICK) -> GeoIPError:
        with pytest.raises(GeoIPError) as caught:
            self.refresh(hours=hours, limits=limits)
        return caught.value


@pytest.fixture
def authority(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> trustme.CA:
    found = trustme.CA()
    found.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return found


def context_of(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


@pytest.fixture
def path(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(database, "LOOK_EVERY", 0.0)
    folder = tmp_path / "data"
    folder.mkdir()
    settings.HEARTHKEY_AUDIT_GEOIP_PATH = folder / "places.mmdb"
    settings.HEARTHKEY_AUDIT_GEOIP_LICENSE_KEY = KEY
    settings.HEARTHKEY_AUDIT_GEOIP_URL = None
    settings.HEARTHKEY_AUDIT_GEOIP_MAY_CALL = "tests.audit.geoip_files.permit_all"
    yield folder / "places.mmdb"
    current = database.current()
    assert current is not None
    current.close()


@pytest.fixture
def service(path: Path, authority: trustme.CA, tmp_path: Path) -> Iterator[Service]:
    server = Server(context_of(authority, "download.maxmind.com", STORE, "mirror.example"))
    yield Service(server, tmp_path)
    server.close()


@pytest.fixture(autouse=True)
def _nothing_of_the_key_is_told(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> Iterator[None]:
    caplog.set_level(logging.DEBUG)
    yield
    assert "canary" not in caplog.text
    for left in (tmp_path / "data").rglob("*"):
        assert b"canary" not in left.read_bytes()
        assert not left.name.endswith(".part")


def make_old(path: Path, days: float) -> None:
    at = time.time() - days * 86400
    os.utime(path, (at, at))


def test_the_file_is_downloaded_checked_and_in_use_at_once(service: Service, path: Path) -> None:
    problem = status.problem()
    assert problem is not None
    assert problem.code == "pending"
    assert service.refresh() == "A new file is in place."
    assert lookup(BERLIN).city == "Berlin"
    assert status.problem() is None
    assert service.server.paths[0] == service.checksum_path
    for request in service.server.requests:
        assert b"authorization" not in request.lower()
        assert b"cookie" not in request.lower()
        assert b"referer" not in request.lower()
    to_store = [request for request in service.server.requests if b"signature" in request.split(b"\r\n")[0]]
    assert len(to_store) == 2
    assert all(KEY.encode() not in request for request in to_store)
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(("days", "expected"), [(13.9, "The file is fresh."), (14.1, "A new file is in place.")])
def test_it_is_downloaded_again_when_it_is_older_than_14_days(
    service: Service, path: Path, days: float, expected: str
) -> None:
    write(path, "Bonn")
    make_old(path, days)
    assert service.refresh() == expected
    assert lookup(BERLIN).city == ("Bonn" if "fresh" in expected else "Berlin")


def test_a_file_from_the_future_is_downloaded_again(service: Service, path: Path) -> None:
    write(path, "Bonn")
    make_old(path, -30)
    assert service.refresh() == "A new file is in place."


def test_a_fresh_but_damaged_file_is_replaced(service: Service, path: Path) -> None:
    path.write_bytes(content(service.folder)[:500])
    assert lookup(BERLIN).city == ""
    assert service.refresh() == "A new file is in place."
    assert lookup(BERLIN).city == "Berlin"


def test_the_same_release_is_not_downloaded_twice(service: Service, path: Path) -> None:
    service.refresh()
    make_old(path, 15)
    assert service.refresh() == "There is no newer file."
    assert service.downloads == 1
    assert service.refresh() == "The file is fresh."
    make_old(path, 15)
    service.release("Bonn")
    assert service.refresh() == "A new file is in place."
    assert lookup(BERLIN).city == "Bonn"


def test_without_a_key_or_an_address_nobody_is_asked(service: Service, settings: Any) -> None:
    settings.HEARTHKEY_AUDIT_GEOIP_LICENSE_KEY = ""
    assert service.refresh() == "Nothing is to be downloaded."
    assert task.call() == "Nothing is to be downloaded."
    assert service.server.requests == []


def endless(connection: Any) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    for _ in range(10_000):
        connection.sendall(b"x" * 1_000_000)


def stalling(connection: Any) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nhalf")
    time.sleep(1.5)


def trickling(connection: Any) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    for _ in range(60):
        connection.sendall(b"x")
        time.sleep(0.05)


def silent(_connection: Any) -> None:
    time.sleep(1.5)


def trickling_head(connection: Any) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    for _ in range(60):
        connection.sendall(b"x")
        time.sleep(0.05)


def cut(packed: bytes, *, announced: bool) -> Reply:
    length = f"Content-Length: {len(packed)}\r\n" if announced else ""
    return lambda connection: connection.sendall(
        f"HTTP/1.1 200 OK\r\n{length}\r\n".encode() + packed[: len(packed) // 2]
    )


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (answer("401 Unauthorized", b"Invalid license key"), "refused"),
        (answer("403 Forbidden"), "refused"),
        (answer("404 Not Found"), "not_found"),
        (answer("429 Too Many Requests", b"Daily download limit reached"), "too_many_requests"),
        (answer("500 Internal Server Error"), "bad_answer"),
        (answer("200 OK", b"<html>A portal asks you to sign in</html>"), "wrong_checksum"),
        (answer("302 Found", b"", "Location: http://store.example/file"), "insecure_redirect"),
        (answer("302 Found", b"", "Location: file:///etc/passwd"), "insecure_redirect"),
        (answer("302 Found", b"", "Location: https://user:pw@store.example/"), "bad_url"),
        (answer("302 Found", b"", "Location: /file?signature=canary-signature"), "too_many_redirects"),
        (answer("302 Found"), "bad_answer"),
        (lambda connection: connection.sendall(b"nonsense\r\n\r\n"), "broken_off"),
        (lambda connection: None, "broken_off"),
    ],
)
def test_what_the_store_answers_amiss_keeps_the_old_file_and_says_why(
    service: Service, path: Path, reply: Reply, code: str
) -> None:
    write(path, "Bonn")
    make_old(path, 15)
    service.store(reply)
    error = service.failure()
    assert error.code == code
    assert lookup(BERLIN).city == "Bonn"
    problem = status.problem()
    assert problem is not None
    assert problem.code == code
    assert error.message in problem.message
    # Its twin: the same file, from a service that answers well.
    service.release("Berlin")
    service.refresh(hours=24)
    assert lookup(BERLIN).city == "Berlin"
    assert status.problem() is None


@pytest.mark.parametrize("reply", [stalling, trickling, silent, trickling_head])
def test_a_stall_ends_in_time(service: Service, path: Path, reply: Reply) -> None:
    service.store(reply)
    began = time.monotonic()
    assert service.failure(limits=TIGHT).code == "timed_out"
    assert time.monotonic() - began < 1.4
    assert not path.exists()


def test_half_a_file_is_noticed_whether_its_length_was_announced_or_not(service: Service, path: Path) -> None:
    service.store(cut(service.packed, announced=True))
    assert service.failure().code == "broken_off"
    service.store(cut(service.packed, announced=False))
    assert service.failure(hours=1).code == "wrong_checksum"
    assert not path.exists()


def test_a_file_without_end_is_cut_off(service: Service, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.geoip.archive.LARGEST", 3_000_000)
    service.store(endless)
    assert service.failure().code == "too_large"
    service.store(answer("200 OK", service.packed))
    assert service.refresh(hours=1) == "A new file is in place."


@pytest.mark.parametrize(
    ("packed", "code"),
    [
        (archive(b"no database"), "damaged"),
        (archive(b"a text", name="GeoLite2-City/README.txt"), "bad_archive"),
        (zipped(b"no database either"), "damaged"),
        (zipped(b"x" * 5_000_000), "too_large"),
        (archive(b"x" * 5_000_000), "too_large"),
        (b"neither packed nor a database", "damaged"),
        (b"\x1f\x8b but not gzip", "bad_archive"),
        (archive(b"x" * 5000)[:-40], "bad_archive"),
    ],
    # Packed bytes hold the time; two processes that name a test after them don't find the same tests.
    ids=["no database", "no member", "zipped", "zipped bomb", "bomb", "not packed", "no gzip", "cut off"],
)
def test_an_archive_with_the_right_checksum_and_the_wrong_content_is_refused(
    service: Service, path: Path, packed: bytes, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audit.geoip.archive.LARGEST", 3_000_000)
    write(path, "Bonn")
    make_old(path, 15)
    service.store(answer("200 OK", packed))
    service.replies["/sum?signature=canary-signature"] = answer("200 OK", checksum(packed))
    assert service.failure().code == code
    assert lookup(BERLIN).city == "Bonn"


def test_a_member_that_leads_out_of_the_folder_is_only_read(service: Service, path: Path) -> None:
    packed = archive(content(service.folder, "Bonn"), name="../../outside.mmdb")
    service.store(answer("200 OK", packed))
    service.replies["/sum?signature=canary-signature"] = answer("200 OK", checksum(packed))
    service.refresh()
    assert lookup(BERLIN).city == "Bonn"
    assert not (path.parent.parent / "outside.mmdb").exists()


@pytest.mark.parametrize("reply", [answer("404 Not Found"), answer("200 OK", b"no checksum")])
def test_maxminds_file_is_not_taken_without_its_checksum(service: Service, path: Path, reply: Reply) -> None:
    service.replies["/sum?signature=canary-signature"] = reply
    assert service.failure().code in {"not_found", "bad_checksum"}
    assert service.downloads == 0
    assert not path.exists()


@pytest.mark.parametrize("pack", [bytes, zipped, archive])
@pytest.mark.parametrize("has_checksum", [True, False])
def test_another_source_may_serve_any_form_with_or_without_a_checksum(
    service: Service, settings: Any, pack: Any, has_checksum: bool
) -> None:
    settings.HEARTHKEY_AUDIT_GEOIP_URL = "https://mirror.example/city.mmdb?token=canary-token"
    packed = pack(content(service.folder, "Bonn"))
    service.replies = {"/city.mmdb?token=canary-token": answer("200 OK", packed)}
    if has_checksum:
        service.replies["/city.mmdb.sha256?token=canary-token"] = answer("200 OK", checksum(b"another file"))
        assert service.failure().code == "wrong_checksum"
        service.replies["/city.mmdb.sha256?token=canary-token"] = answer("200 OK", checksum(packed))
    assert service.refresh(hours=1) == "A new file is in place."
    assert lookup(BERLIN).city == "Bonn"
    assert all(KEY.encode() not in request for request in service.server.requests)


def test_a_certificate_of_somebody_else_is_refused(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = os.environ["SSL_CERT_FILE"]
    monkeypatch.delenv("SSL_CERT_FILE")
    assert service.failure().code == "tls_failed"
    monkeypatch.setenv("SSL_CERT_FILE", authority)
    assert service.refresh(hours=1) == "A new file is in place."


def test_a_failed_try_is_repeated_with_growing_pauses(service: Service, path: Path) -> None:
    service.store(answer("500 Internal Server Error"))
    at = 0.0
    for least in (10, 20, 40, 80, 160, 320, 360, 360):
        service.failure(hours=at)
        pause = state.read(path).not_before - (time.time() + at * 3600)
        assert least - 0.1 <= pause / 60 <= least * 1.2
        at += pause / 3600 + 0.01


def test_a_try_before_its_time_asks_nobody(service: Service) -> None:
    service.store(answer("500 Internal Server Error"))
    service.failure()
    asked = len(service.server.requests)
    service.release("Berlin")
    assert service.refresh(hours=0.1).startswith("The next try is at ")
    assert len(service.server.requests) == asked
    assert service.refresh(hours=0.3) == "A new file is in place."


@pytest.mark.parametrize(
    ("headers", "too_early", "in_time"),
    [((), 5.9, 7.3), (("Retry-After: 50000",), 13.8, 14), (("Retry-After: x",), 5.9, 7.3)],
)
def test_who_asks_too_often_waits_as_long_as_the_server_says(
    service: Service, headers: tuple[str, ...], too_early: float, in_time: float
) -> None:
    service.replies[service.checksum_path] = answer("429 Too Many Requests", b"", *headers)
    assert service.failure().code == "too_many_requests"
    service.release("Berlin")
    assert service.refresh(hours=too_early).startswith("The next try is at ")
    assert service.refresh(hours=in_time) == "A new file is in place."


def test_the_licences_downloads_are_counted_over_restarts_and_changed_keys(
    service: Service, settings: Any, path: Path
) -> None:
    for number in range(TRIES_A_DAY):
        settings.HEARTHKEY_AUDIT_GEOIP_LICENSE_KEY = f"{KEY}{number}"  # each is tried at once
        assert service.failure().code == "not_found"
    settings.HEARTHKEY_AUDIT_GEOIP_LICENSE_KEY = KEY
    assert service.refresh().startswith("The next try is at ")
    assert service.refresh(hours=23.9).startswith("The next try is at ")
    assert len(service.server.requests) == TRIES_A_DAY
    assert service.refresh(hours=24.1) == "A new file is in place."


def test_another_key_is_tried_at_once(service: Service, settings: Any) -> None:
    settings.HEARTHKEY_AUDIT_GEOIP_LICENSE_KEY = "mistyped_canary"
    service.replies[service.checksum_path.replace(KEY, "mistyped_canary")] = answer("401 Unauthorized")
    assert service.failure().code == "refused"
    assert service.refresh().startswith("The next try is at ")
    settings.HEARTHKEY_AUDIT_GEOIP_LICENSE_KEY = KEY
    assert service.refresh() == "A new file is in place."


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b'{"source": 1}', b"\xff"])
def test_a_state_that_cannot_be_read_is_begun_anew(service: Service, path: Path, text: bytes) -> None:
    state.path_of(path).write_bytes(text)
    assert state.read(path).attempts == (state.path_of(path).stat().st_mtime,)
    assert service.refresh() == "A new file is in place."
    assert json.loads(state.path_of(path).read_bytes())["code"] == ""


def test_a_clock_that_went_back_does_not_stop_it_for_years(service: Service, path: Path) -> None:
    known = source.current()
    assert known is not None
    state.write(path, dataclasses.replace(state.State(), source=known.fingerprint, not_before=time.time() + 1e9))
    assert service.refresh().startswith("The next try is at ")
    assert service.refresh(hours=24 * 8 * 1000 * 10) == "A new file is in place."


def test_where_nothing_can_be_written_nobody_is_asked(service: Service, settings: Any, tmp_path: Path) -> None:
    settings.HEARTHKEY_AUDIT_GEOIP_PATH = tmp_path / "missing" / "places.mmdb"
    assert service.failure().code == "disk"
    assert service.server.requests == []
    problem = status.problem()
    assert problem is not None
    assert problem.code == "disk"


def test_what_a_killed_process_left_is_removed(service: Service, path: Path) -> None:
    left, fresh = (path.with_name(f".{path.name}.{name}.part") for name in ("left", "fresh"))
    for name in (left, fresh):
        name.write_bytes(b"half")
    make_old(left, 1)
    service.refresh()
    assert not left.exists()
    assert fresh.exists()
    fresh.unlink()


PUBLIC_ONLY = "audit.geoip.adapters.public_only"


@pytest.mark.parametrize("rule", [PUBLIC_ONLY, "config.adapters.may_call"])
@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.0.0.1", "100.64.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1", "fe80::1", "0.0.0.0"],
)
def test_an_address_that_is_not_public_is_not_called(path: Path, settings: Any, rule: str, address: str) -> None:  # M06
    settings.HEARTHKEY_AUDIT_GEOIP_MAY_CALL = rule

    def resolve(_host: str, port: int, *, type: int) -> list[tuple[Any, ...]]:
        return [(socket.AF_INET, type, 6, "", ("1.1.1.1", port)), (socket.AF_INET6, type, 6, "", (address, port))]

    with pytest.raises(GeoIPError) as caught:
        refresh(now=datetime.now(UTC), limits=QUICK, resolve=resolve)
    assert caught.value.code == "forbidden_address"
    assert str(ipaddress.ip_address(address)) in caught.value.message


def test_a_redirect_to_a_private_address_is_not_followed(service: Service, settings: Any) -> None:  # M06
    settings.HEARTHKEY_AUDIT_GEOIP_MAY_CALL = "tests.audit.test_geoip_download.only_maxmind"
    assert service.failure().code == "forbidden_address"
    assert [path for path in service.server.paths if "signature" in path] == []


def only_maxmind(*, host: str, **_rest: Any) -> str:
    return "" if host == "download.maxmind.com" else f"{host} is elsewhere."


def test_the_operator_permits_a_server_on_their_network_and_plain_http_by_name(
    path: Path, settings: Any, tmp_path: Path
) -> None:
    server = Server(None)
    try:
        server.replies["/city.mmdb"] = answer("200 OK", content(tmp_path, "Bonn"))
        settings.HEARTHKEY_AUDIT_GEOIP_MAY_CALL = "config.adapters.may_call"
        settings.HEARTHKEY_AUDIT_GEOIP_URL = f"http://127.0.0.1:{server.port}/city.mmdb"
        with pytest.raises(GeoIPError, match="OUTBOUND_ALLOW") as caught:
            refresh(now=datetime.now(UTC), limits=QUICK)
        assert caught.value.code == "forbidden_address"
        assert server.requests == []
        settings.HEARTHKEY_OIDC_CLIENTS_OUTBOUND_ALLOW = ["127.0.0.1"]
        assert refresh(now=datetime.now(UTC) + timedelta(hours=1), limits=QUICK) == "A new file is in place."
        assert lookup(BERLIN).city == "Bonn"
    finally:
        server.close()


def test_a_name_that_leads_nowhere_and_a_port_that_is_closed_are_told_apart(path: Path) -> None:
    def unknown(_host: str, _port: int, *, type: int) -> list[tuple[Any, ...]]:
        raise socket.gaierror

    def closed(_host: str, _port: int, *, type: int) -> list[tuple[Any, ...]]:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return [(socket.AF_INET, type, 6, "", probe.getsockname())]

    for hours, resolve, code in ((0, unknown, "unknown_host"), (1, closed, "unreachable")):
        with pytest.raises(GeoIPError) as caught:
            refresh(now=datetime.now(UTC) + timedelta(hours=hours), limits=QUICK, resolve=resolve)
        assert caught.value.code == code


def test_neither_address_of_a_source_is_in_its_repr(path: Path) -> None:
    found = source.current()
    assert found is not None
    assert "canary" in found.archive
    assert "canary" not in repr(found)
    assert "canary" not in found.fingerprint

"""What a server sends instead of the file, or of the whole of it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from audit.geoip import lookup, status
from tests.audit.downloading.service import TIGHT, Service, make_old
from tests.support.audit.geoip_files import BERLIN, Reply, answer, write


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


def test_a_certificate_of_somebody_else_is_refused(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = os.environ["SSL_CERT_FILE"]
    monkeypatch.delenv("SSL_CERT_FILE")
    assert service.failure().code == "tls_failed"
    monkeypatch.setenv("SSL_CERT_FILE", authority)
    assert service.refresh(hours=1) == "A new file is in place."

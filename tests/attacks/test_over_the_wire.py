"""What only a socket can do: leave in the middle, and say one thing ten thousand times."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests

from tests.support import servers
from tests.support.racing import at_once, numbered
from tests.support.servers import Hearthkey
from tests.support.setting_up import create_administrator

pytestmark = [pytest.mark.serve, pytest.mark.timeout(180)]
BODY = b"grant_type=authorization_code&code=x&client_id=y"
HEAD = b"POST /api/oidc/token HTTP/1.1\r\nHost: %b\r\nContent-Type: application/x-www-form-urlencoded\r\n"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hearthkey]:
    with servers.hearthkey(tmp_path_factory.mktemp("wire"), DISABLE_RATE_LIMITING="true") as found:
        create_administrator(found, username="root", email="root@example.org")
        yield found


def host_of(service: Hearthkey) -> bytes:
    return urlsplit(service.url).netloc.encode()


def say(service: Hearthkey, sent: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", urlsplit(service.url).port or 80), timeout=20)
    connection.sendall(sent)
    return connection


def answer_to(service: Hearthkey, sent: bytes) -> int:
    """Return the status of the answer, 0 where the server only hangs up."""
    with say(service, sent) as connection:
        try:
            line = connection.recv(4096).split(b"\r\n", 1)[0]
        except ConnectionError:
            return 0
    return int(line.split()[1]) if line else 0


def leave(service: Hearthkey, sent: bytes) -> None:
    """Say this and reset the connection at once, without waiting for anything."""
    try:
        connection = say(service, sent)
    except ConnectionError:
        return
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


# M04, V37
def test_a_thousand_requests_that_were_cancelled_leave_the_service_as_it_was(service: Hearthkey) -> None:
    head = HEAD % host_of(service)
    whole = head + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
    page = b"GET /login HTTP/1.1\r\nHost: " + host_of(service) + b"\r\n\r\n"
    kinds = [whole, head, head + b"Content-Length: 5000\r\n\r\n" + BODY, page, page[:9], b""]

    def cancel(number: int) -> None:
        for turn in range(125):
            leave(service, kinds[(number + turn) % len(kinds)])

    assert answer_to(service, whole) in (400, 401)
    at_once(numbered(8, cancel))
    for _ in range(5):
        assert requests.get(f"{service.url}/readyz", timeout=20).status_code == 200
        assert answer_to(service, whole) in (400, 401)
    assert service.process.poll() is None
    assert "Traceback" not in service.log
    assert "WORKER TIMEOUT" not in service.log


# M09, M04, V58
@pytest.mark.parametrize(
    "name", ["X-Repeated", "Cookie", "Accept-Language", "X-Forwarded-For", "Host", "Content-Length"]
)
def test_ten_thousand_headers_of_one_name_are_refused_soon(service: Hearthkey, name: str) -> None:
    start = b"GET /login HTTP/1.1\r\nHost: " + host_of(service) + b"\r\nConnection: close\r\n"
    began = time.monotonic()
    assert answer_to(service, start + f"{name}: 1\r\n".encode() * 10_000 + b"\r\n") in (0, 400, 413, 431)
    assert time.monotonic() - began < 5
    assert answer_to(service, start + b"X-Repeated: 1\r\n" * 20 + b"\r\n") == 200
    assert answer_to(service, b"GET /" + b"a" * 20_000 + start[10:] + b"\r\n") in (0, 400, 414)


# M04
def test_a_header_and_a_body_have_bounds_before_anything_is_read(service: Hearthkey) -> None:
    start = HEAD % host_of(service) + b"Connection: close\r\n"
    assert answer_to(service, start + b"X-Long: " + b"a" * 100_000 + b"\r\n\r\n") in (0, 400, 431)
    assert answer_to(service, start + b"Content-Length: 999999999999\r\n\r\n" + b"x" * 1000) in (400, 401, 413)
    assert answer_to(service, start + b"Content-Length: -1\r\n\r\n") in (0, 400)
    assert answer_to(service, start + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") in (0, 400)
    assert answer_to(service, start + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY) in (400, 401)


# M04
@pytest.mark.parametrize("size", [33_000, 400_000])
def test_too_large_cookies_are_answered_with_a_page_that_says_what_to_do(service: Hearthkey, size: int) -> None:
    kept = {"Cookie": "theme=" + "a" * (32 * 1024 - len("theme="))}
    assert requests.get(f"{service.url}/login", headers=kept, timeout=20).status_code == 200
    answer = requests.get(f"{service.url}/login", headers={"Cookie": "theme=" + "a" * size}, timeout=20)
    assert answer.status_code == 431
    assert "delete the cookies of this domain" in answer.text
    assert service.url in answer.text
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]

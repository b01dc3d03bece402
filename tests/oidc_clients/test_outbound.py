"""Requests to servers that an operator named. Real servers on this computer answer; names are resolved by the test."""

# M06, H04

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from oidc_clients.exceptions import OutboundError, OutboundFailed, OutboundRefused
from oidc_clients.outbound import fetch_json, post_form
from oidc_clients.outbound.addresses import Reach, reach_of

Reply = Callable[[socket.socket, bytes], None]
JSON = b'{"keys": []}'


def answer(
    body: bytes = JSON, *, status: str = "200 OK", content_type: str = "application/json", extra: str = ""
) -> Reply:
    def reply(connection: socket.socket, _request: bytes) -> None:
        head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n{extra}\r\n"
        connection.sendall(head.encode() + body)

    return reply


class Server:
    """A server on a port of its own that says one thing to everybody, and remembers what it was asked."""

    def __init__(self, reply: Reply, context: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self.names: list[str] = []
        self._reply = reply
        self._context = context
        self._stopped = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        if context is not None:
            context.sni_callback = lambda _socket, name, _context: self.names.append(name)
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._stopped.set()
        self._listener.close()

    def _serve(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.settimeout(20)
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            request = b""
            while b"\r\n\r\n" not in request:
                received = connection.recv(65536)
                if not received:
                    return
                request += received
            self.requests.append(request)
            self._reply(connection, request)


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    servers: list[Server] = []

    def start(reply: Reply, context: ssl.SSLContext | None = None) -> Server:
        servers.append(Server(reply, context))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def authority(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> trustme.CA:
    """A certificate authority that this computer trusts."""
    found = trustme.CA()
    found.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return found


def context_for(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


def leads_to(*addresses: str) -> Any:
    """A resolver that knows one answer."""

    def resolve(_host: str, port: int, *, type: int) -> list[tuple[Any, ...]]:  # socket's own name
        return [
            (socket.AF_INET6 if ":" in address else socket.AF_INET, type, 6, "", (address, port))
            for address in addresses
        ]

    return resolve


def refusal(url: str, *addresses: str, allow_private: bool = False) -> str:
    with pytest.raises(OutboundRefused) as caught:
        fetch_json(url, allow_private=allow_private, resolve=leads_to(*addresses) if addresses else socket.getaddrinfo)
    return caught.value.code


def failure(url: str, **options: Any) -> OutboundError:
    with pytest.raises(OutboundFailed) as caught:
        fetch_json(url, allow_private=True, **options)
    return caught.value


def test_a_document_on_the_own_network_is_fetched_when_the_operator_said_so(serve: Any) -> None:
    server = serve(answer())
    assert fetch_json(f"http://127.0.0.1:{server.port}/jwks?x=1", allow_private=True) == {"keys": []}
    (request,) = server.requests
    assert request.startswith(b"GET /jwks?x=1 HTTP/1.1\r\n")
    assert f"host: 127.0.0.1:{server.port}\r\n".encode() in request.lower()
    assert b"cookie" not in request.lower()


def test_the_same_document_is_refused_when_nobody_said_so(serve: Any) -> None:
    server = serve(answer())
    assert refusal(f"http://127.0.0.1:{server.port}/jwks") == "private_address"
    assert server.requests == []


@pytest.mark.parametrize("entry", ["127.0.0.0/8", "127.0.0.1", "client.internal", "CLIENT.internal"])
def test_the_operators_list_permits_a_host_or_a_range(serve: Any, settings: Any, entry: str) -> None:
    server = serve(answer())
    settings.HEARTHKEY_OIDC_CLIENTS_OUTBOUND_ALLOW = ["other.internal", entry]
    url = f"http://client.internal:{server.port}/"
    assert fetch_json(url, allow_private=False, resolve=leads_to("127.0.0.1")) == {"keys": []}
    settings.HEARTHKEY_OIDC_CLIENTS_OUTBOUND_ALLOW = ["other.internal", "10.0.0.0/8"]
    assert refusal(url, "127.0.0.1") == "private_address"


@pytest.mark.parametrize(
    "address",
    ["10.1.2.3", "172.16.0.1", "192.168.1.1", "127.0.0.1", "100.64.0.1", "::1", "fd12::1", "fec0::1", "192.0.2.1"]
    + ["::ffff:10.0.0.1", "2002:a00:1::1", "64:ff9b::10.0.0.1", "64:ff9b:1::7f00:1", "198.18.0.1"],
)
def test_an_address_that_is_not_public_is_private(address: str) -> None:
    assert reach_of(ipaddress.ip_address(address)) is Reach.PRIVATE
    assert refusal("https://client.example/", address) == "private_address"


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "169.254.0.1", "fe80::1", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192"]
    + ["0.0.0.0", "::", "224.0.0.1", "ff02::1", "255.255.255.255", "240.0.0.1", "::ffff:169.254.169.254"]
    + ["64:ff9b::169.254.169.254", "2002:a9fe:a9fe::1", "::169.254.169.254", "fd20:ce::254"],
)
def test_some_addresses_are_never_called_even_when_everything_is_allowed(settings: Any, address: str) -> None:
    settings.HEARTHKEY_OIDC_CLIENTS_OUTBOUND_ALLOW = ["0.0.0.0/0", "::/0", "client.example"]
    assert reach_of(ipaddress.ip_address(address)) is Reach.NEVER
    assert refusal("https://client.example/", address, allow_private=True) == "forbidden_address"


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"]
)
def test_an_address_on_the_internet_is_public(address: str) -> None:
    assert reach_of(ipaddress.ip_address(address)) is Reach.PUBLIC


def test_one_private_address_among_public_ones_is_enough_for_a_refusal() -> None:
    assert refusal("https://client.example/", "93.184.216.34", "10.0.0.1") == "private_address"


def test_plain_http_is_for_the_own_network_only() -> None:
    assert refusal("http://client.example/", "93.184.216.34", allow_private=True) == "https_required"
    # The twin gets past the check and meets a port that nobody listens on.
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        assert failure(f"http://client.example:{port}/", resolve=leads_to("127.0.0.1")).code == "unreachable"


@pytest.mark.parametrize(
    "url",
    ["", "client.example", "ftp://client.example/", "file:///etc/passwd", "https://", "https://a@client.example/"]
    + ["https://client.example/#x", "https://client.example:99999/", "https://client.example:0/", "https://[::1/"]
    + ["https://client.example/a b", "https://client.example/\r\nX: y", "https://bücher.example/", "gopher://x/"],
)
def test_what_is_no_address_of_a_server_is_refused(url: str) -> None:
    assert refusal(url, "93.184.216.34") == "bad_url"


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "localhost", "[::1]", "0177.0.0.1"])
def test_other_ways_to_write_this_computer_are_seen_through(host: str) -> None:
    assert refusal(f"https://{host}/") == "private_address"


def test_the_name_is_resolved_once_and_the_connection_goes_to_what_was_checked(serve: Any) -> None:
    server = serve(answer())
    asked: list[str] = []

    def rebinding(host: str, port: int, *, type: int) -> Any:  # socket's own name
        asked.append(host)
        return leads_to("127.0.0.1" if len(asked) == 1 else "169.254.169.254")(host, port, type=type)

    url = f"http://client.example:{server.port}/"
    assert fetch_json(url, allow_private=True, resolve=rebinding) == {"keys": []}
    assert asked == ["client.example"]


def test_a_dead_address_leaves_time_for_the_next(serve: Any) -> None:
    server = serve(answer())
    # Nobody listens at the first one.
    resolve = leads_to("127.9.9.9", "127.0.0.1")
    assert fetch_json(f"http://client.example:{server.port}/", allow_private=True, resolve=resolve) == {"keys": []}


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_not_followed(serve: Any, status: str) -> None:
    elsewhere = serve(answer())
    extra = f"Location: http://127.0.0.1:{elsewhere.port}/\r\n"
    server = serve(answer(status=status, extra=extra))
    assert failure(f"http://127.0.0.1:{server.port}/").code == "redirected"
    with pytest.raises(OutboundFailed) as caught:
        post_form(f"http://127.0.0.1:{server.port}/", fields={"a": "b"}, allow_private=True)
    assert caught.value.code == "redirected"
    assert elsewhere.requests == []


def test_proxies_and_credentials_of_the_environment_are_not_used(
    serve: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    proxy, server = serve(answer(b'"proxy"')), serve(answer())
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert fetch_json(f"http://127.0.0.1:{server.port}/", allow_private=True) == {"keys": []}
    assert proxy.requests == []
    assert b"authorization" not in server.requests[0].lower()


def drip(head: bytes, one: bytes) -> Reply:
    def reply(connection: socket.socket, _request: bytes) -> None:
        connection.sendall(head)
        for _ in range(200):
            time.sleep(0.05)
            connection.sendall(one)

    return reply


@pytest.mark.parametrize(
    "reply",
    [
        drip(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n", b" "),
        drip(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n", b" "),
        drip(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n1\r\n"),
        drip(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a"),
        drip(b"", b"H"),
        drip(b"", b""),
    ],
    ids=["body", "body without length", "chunks", "header", "status line", "silence"],
)
def test_an_answer_that_drips_is_cut_at_the_deadline(serve: Any, reply: Reply) -> None:  # H04, fault 11
    server = serve(reply)
    began = time.monotonic()
    assert failure(f"http://127.0.0.1:{server.port}/", timeout=0.6).code == "timed_out"
    assert time.monotonic() - began < 2


def test_a_slow_answer_within_the_deadline_is_used(serve: Any) -> None:
    def reply(connection: socket.socket, request: bytes) -> None:
        time.sleep(0.4)
        answer()(connection, request)

    server = serve(reply)
    assert fetch_json(f"http://127.0.0.1:{server.port}/", allow_private=True, timeout=5) == {"keys": []}


def test_a_resolver_that_hangs_is_not_waited_for() -> None:
    def resolve(_host: str, _port: int, *, type: int) -> Any:  # socket's own name
        time.sleep(3)
        return []

    began = time.monotonic()
    assert failure("http://client.example/", timeout=0.3, resolve=resolve).code == "timed_out"
    assert time.monotonic() - began < 2


def test_a_name_that_nobody_knows_is_said_to_be_unknown() -> None:
    def resolve(_host: str, _port: int, *, type: int) -> Any:  # socket's own name
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    error = failure("https://client.example/", resolve=resolve)
    assert error.code == "unknown_host"
    assert "client.example" in error.message


@pytest.mark.parametrize("extra", ["", "Content-Encoding: gzip\r\n"])
def test_an_answer_of_256_kilobytes_is_read_and_one_more_byte_is_not(serve: Any, extra: str) -> None:
    largest = b'"' + b"a" * (256 * 1024 - 2) + b'"'
    server = serve(answer(largest, extra=extra))
    assert len(fetch_json(f"http://127.0.0.1:{server.port}/", allow_private=True)) == 256 * 1024 - 2
    server = serve(answer(largest + b" ", extra=extra))
    assert failure(f"http://127.0.0.1:{server.port}/").code == "too_large"


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (answer(status="404 Not Found"), "bad_status"),
        (answer(status="204 No Content", body=b""), "bad_status"),
        (answer(content_type="text/html; charset=utf-8"), "bad_content_type"),
        (answer(b"<html>"), "bad_json"),
        (answer(b"\xff\xfe\x00"), "bad_json"),
        (answer(b"[" * 200_000), "bad_json"),
        (lambda connection, _: connection.sendall(b"220 mail.example ESMTP\r\n"), "bad_answer"),
        (lambda connection, _: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{}"), "bad_answer"),
        (lambda connection, _: None, "bad_answer"),
    ],
)
def test_an_answer_that_is_not_json_is_named_for_what_it_is(serve: Any, reply: Reply, code: str) -> None:
    server = serve(reply)
    assert failure(f"http://127.0.0.1:{server.port}/").code == code


@pytest.mark.parametrize("content_type", ["application/jwk-set+json", "text/plain", "application/octet-stream"])
def test_json_is_read_under_the_names_that_servers_give_it(serve: Any, content_type: str) -> None:
    server = serve(answer(content_type=content_type))
    assert fetch_json(f"http://127.0.0.1:{server.port}/", allow_private=True) == {"keys": []}


def test_a_form_is_posted_and_the_status_returned(serve: Any) -> None:
    server = serve(answer(b"no", status="400 Bad Request", content_type="text/html"))
    url = f"http://127.0.0.1:{server.port}/logout"
    assert post_form(url, fields={"logout_token": "a.b+c &"}, allow_private=True) == 400
    assert b"content-type: application/x-www-form-urlencoded\r\n" in server.requests[0].lower()
    assert server.requests[0].startswith(b"POST /logout HTTP/1.1\r\n")


def test_a_certificate_of_a_trusted_authority_is_asked_for_by_name(serve: Any, authority: trustme.CA) -> None:
    server = serve(answer(), context_for(authority, "client.example"))
    url = f"https://client.example:{server.port}/"
    assert fetch_json(url, allow_private=True, resolve=leads_to("127.0.0.1")) == {"keys": []}
    assert server.names == ["client.example"]
    assert f"host: client.example:{server.port}\r\n".encode() in server.requests[0].lower()


def test_a_certificate_for_another_name_is_refused(serve: Any, authority: trustme.CA) -> None:
    server = serve(answer(), context_for(authority, "other.example", "127.0.0.1"))
    error = failure(f"https://client.example:{server.port}/", resolve=leads_to("127.0.0.1"))
    assert error.code == "tls_failed"
    assert "client.example" in error.message
    assert server.requests == []


def test_a_certificate_of_an_unknown_authority_is_refused(serve: Any, authority: trustme.CA) -> None:
    server = serve(answer(), context_for(trustme.CA(), "client.example"))
    assert failure(f"https://client.example:{server.port}/", resolve=leads_to("127.0.0.1")).code == "tls_failed"
    assert server.requests == []


def test_a_certificate_for_an_address_serves_that_address(serve: Any, authority: trustme.CA) -> None:
    server = serve(answer(), context_for(authority, "127.0.0.1"))
    assert fetch_json(f"https://127.0.0.1:{server.port}/", allow_private=True) == {"keys": []}


def test_a_server_that_never_ends_its_handshake_is_cut_at_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        error = failure(f"https://127.0.0.1:{silent.getsockname()[1]}/", timeout=0.5)
    assert error.code == "timed_out"
    assert time.monotonic() - began < 2


def test_no_connection_is_left_open(serve: Any) -> None:
    server = serve(answer())
    folder = Path("/proc/self/fd")
    fetch_json(f"http://127.0.0.1:{server.port}/", allow_private=True)
    before = len(list(folder.iterdir()))
    for _ in range(20):
        fetch_json(f"http://127.0.0.1:{server.port}/", allow_private=True)
    time.sleep(0.2)
    assert len(list(folder.iterdir())) <= before + 2

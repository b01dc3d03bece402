"""A small file of places of our own, with addresses that documentation uses, and a server that it is downloaded from."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import socket
import ssl
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mmdb_writer import MMDBWriter
from netaddr import IPSet

BERLIN = "192.0.2.7"
CANADA = "2001:db8:1::7"
NOWHERE = "203.0.113.1"

GERMANY = {"iso_code": "DE", "names": {"en": "Germany", "de": "Deutschland"}}


def write(path: Path, city: str = "Berlin", *, kind: str = "GeoLite2-City") -> Path:
    """Write a database in which :data:`BERLIN` is in ``city``."""
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type=kind, languages=["en"])
    writer.insert_network(IPSet(["192.0.2.0/25"]), {"city": {"names": {"en": city}}, "country": GERMANY})
    canada = {"country": {"iso_code": "CA", "names": {"en": "Canada"}}}
    writer.insert_network(IPSet(["198.51.100.0/24", "2001:db8:1::/48"]), canada)
    writer.to_db_file(str(path))
    return path


def content(folder: Path, city: str = "Berlin", *, kind: str = "GeoLite2-City") -> bytes:
    path = write(folder / f"written {city}", city, kind=kind)
    found = path.read_bytes()
    path.unlink()
    return found


def archive(inside: bytes, name: str = "GeoLite2-City_20261120/GeoLite2-City.mmdb") -> bytes:
    """Pack a file as MaxMind does."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as files:
        for member, data in (("GeoLite2-City_20261120/LICENSE.txt", b"a licence"), (name, inside)):
            info = tarfile.TarInfo(member)
            info.size = len(data)
            files.addfile(info, io.BytesIO(data))
    return packed.getvalue()


def zipped(inside: bytes) -> bytes:
    return gzip.compress(inside)


def checksum(packed: bytes) -> bytes:
    return f"{hashlib.sha256(packed).hexdigest()}  GeoLite2-City_20261120.tar.gz\n".encode()


Reply = Callable[[ssl.SSLSocket | socket.socket], None]


def answer(status: str, body: bytes = b"", *headers: str) -> Reply:
    """Answer with a body of the length that is announced."""
    head = "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers))
    return lambda connection: connection.sendall(head.encode() + b"\r\n" + body)


class Server:
    """An https server on a port of its own that answers each path by what ``replies`` has for it."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        self.replies: dict[str, Reply] = {}
        self.requests: list[bytes] = []
        self.closing = threading.Event()
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    @property
    def paths(self) -> list[str]:
        return [request.split(b" ", 2)[1].decode() for request in self.requests]

    def close(self) -> None:
        self.closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=5)

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: Any) -> None:
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
            path = request.split(b" ", 2)[1].decode()
            self.replies.get(path, answer("404 Not Found"))(connection)
            with contextlib.suppress(OSError):
                connection.unwrap() if isinstance(connection, ssl.SSLSocket) else None


def permit_all(**_question: Any) -> str:
    """In place of the site's rule: the servers of these tests are on this computer."""
    return ""

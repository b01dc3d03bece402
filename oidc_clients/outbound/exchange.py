"""One request to a verified address and its answer, within one deadline."""

from __future__ import annotations

import contextlib
import functools
import ipaddress
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from http.client import HTTPException
from types import TracebackType
from typing import Any, Self, TypeVar

from urllib3 import HTTPResponse
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.exceptions import TimeoutError as HTTPTimeoutError

from ..exceptions import OutboundError, OutboundFailed
from .addresses import Address, Resolver, parse, require_permitted

Answer = TypeVar("Answer")

#: Maximum size of an answer in bytes.
LARGEST_ANSWER = 256 * 1024


class Exchange:
    """One request and its answer. Leaving the context closes the connection. It raises only OutboundError."""

    def __init__(self, url: str, *, allow_private: bool, resolve: Resolver, timeout: float) -> None:
        self._target = parse(url)
        self.host = self._target.host
        self._allow_private = allow_private
        self._resolve = resolve
        self._ends_at = time.monotonic() + timeout
        self._guard = _Guard(timeout)
        self._connection: HTTPConnection | None = None

    def __enter__(self) -> Self:
        self._guard.start()
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: TracebackType | None) -> None:
        self._guard.stop()
        if self._connection is not None:
            self._connection.close()
        if isinstance(error, OSError | HTTPError | HTTPException):
            raise self._failure(error) from error

    def ask(self, method: str, headers: Mapping[str, str], body: bytes | None = None) -> HTTPResponse:
        """Send the request and return the answer without its body.

        :raises OutboundError: the address may not be called, or the answer is a redirect.
        """
        connection = self._connection = self._connect()
        connection.timeout = self._remaining()
        fixed = {
            "Host": self._target.netloc,
            "User-Agent": "Hearthkey",
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
        connection.request(
            method,
            self._target.path,
            body=body,
            headers={**fixed, **headers},
            preload_content=False,
            decode_content=False,
        )
        response = connection.getresponse()
        if 300 <= response.status < 400:
            raise OutboundFailed("redirected", f"{self.host} answered with a redirect, and redirects are not followed.")
        return response

    def read(self, response: HTTPResponse) -> bytes:
        """Return the body of the answer.

        :raises OutboundError: it is larger than 256 KB.
        """
        body = b""
        while len(body) <= LARGEST_ANSWER and (part := response.read(LARGEST_ANSWER + 1 - len(body))):
            body += part
        if len(body) > LARGEST_ANSWER:
            raise OutboundFailed("too_large", f"The answer of {self.host} is larger than {LARGEST_ANSWER // 1024} KB.")
        if self._guard.has_struck:  # a connection that was cut looks like the end of an answer without a length
            raise TimeoutError
        return body

    def _remaining(self) -> float:
        remaining = self._ends_at - time.monotonic()
        if remaining <= 0:
            raise TimeoutError
        return remaining

    def _addresses(self) -> list[Address]:
        """Return the addresses of the host after checking all of them."""
        question = functools.partial(self._resolve, self.host, self._target.port, type=socket.SOCK_STREAM)
        try:
            answers = _within(self._remaining(), question)
        except TimeoutError:
            raise
        except (OSError, UnicodeError) as error:
            raise OutboundFailed("unknown_host", f"The name {self.host} can't be resolved.") from error
        addresses = list(dict.fromkeys(ipaddress.ip_address(str(answer[4][0]).partition("%")[0]) for answer in answers))
        if not addresses:
            raise OutboundFailed("unknown_host", f"The name {self.host} has no address.")
        for address in addresses:
            require_permitted(self._target, address, allow_private=self._allow_private)
        return addresses

    def _connect(self) -> HTTPConnection:
        """Connect to the first address that accepts a connection."""
        addresses = self._addresses()
        for left in range(len(addresses), 1, -1):
            # If the first address is unreachable, as IPv6 often is in a container, this leaves time for the next one.
            connection = self._connection_to(addresses[-left], self._remaining() / left)
            with contextlib.suppress(HTTPError):
                connection.connect()
                return connection
            connection.close()
        connection = self._connection_to(addresses[-1], self._remaining())
        connection.connect()
        return connection

    def _connection_to(self, address: Address, patience: float) -> HTTPConnection:
        if self._target.scheme == "http":
            return _PlainConnection(str(address), self._target.port, guard=self._guard, timeout=patience)
        return _TLSConnection(
            str(address),
            self._target.port,
            guard=self._guard,
            timeout=patience,
            # The system's trust store, or the one that SSL_CERT_FILE names.
            ssl_context=ssl.create_default_context(),
            # The name that is asked for and that the certificate must have, whichever address it leads to.
            server_hostname=self.host,
        )

    def _failure(self, error: BaseException) -> OutboundError:
        """Return the exception for the caller of this package."""
        is_late = self._guard.has_struck or time.monotonic() >= self._ends_at
        if isinstance(error, NewConnectionError) and not is_late:  # a kind of timeout, as urllib3 sees it
            return OutboundFailed("unreachable", f"{self.host} accepts no connection on port {self._target.port}.")
        if is_late or isinstance(error, TimeoutError | HTTPTimeoutError):
            return OutboundFailed("timed_out", f"{self.host} did not answer in time.")
        if isinstance(error, ssl.SSLError):
            reason = getattr(error, "verify_message", "") or error.reason or "no common protocol"
            return OutboundFailed("tls_failed", f"There is no trusted TLS connection to {self.host}: {reason}.")
        return OutboundFailed("bad_answer", f"{self.host} broke off, or answered with something that is not HTTP.")


class _Guard:
    """Closes the connections of an exchange at its deadline.

    A socket's timeout only limits the wait for the next byte, so a server that sends one at a time could hold a
    connection.
    """

    def __init__(self, seconds: float) -> None:
        self.has_struck = False
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._strike)
        self._timer.daemon = True

    def start(self) -> None:
        self._timer.start()

    def watch(self, connection: socket.socket) -> None:
        # Use a second handle of the connection, because TLS takes over the first one.
        handle = socket.socket(fileno=os.dup(connection.fileno()))
        with self._lock:
            self._sockets.append(handle)
            if self.has_struck:
                _cut(handle)

    def stop(self) -> None:
        self._timer.cancel()
        with self._lock:
            for handle in self._sockets:
                handle.close()
            self._sockets.clear()

    def _strike(self) -> None:
        with self._lock:
            self.has_struck = True
            for handle in self._sockets:
                _cut(handle)


def _cut(handle: socket.socket) -> None:
    with contextlib.suppress(OSError):
        handle.shutdown(socket.SHUT_RDWR)


class _PlainConnection(HTTPConnection):
    def __init__(self, *args: Any, guard: _Guard, **options: Any) -> None:
        super().__init__(*args, **options)
        self._guard = guard

    def _new_conn(self) -> socket.socket:
        connection = super()._new_conn()
        self._guard.watch(connection)
        return connection


class _TLSConnection(HTTPSConnection):
    def __init__(self, *args: Any, guard: _Guard, **options: Any) -> None:
        super().__init__(*args, **options)
        self._guard = guard

    def _new_conn(self) -> socket.socket:
        connection = super()._new_conn()
        self._guard.watch(connection)
        return connection


def _within(seconds: float, question: Callable[[], Answer]) -> Answer:
    """Return the result of ``question``, run in a thread because name resolution has no timeout.

    :raises TimeoutError: there is no result after ``seconds``.
    """
    answer: Future[Answer] = Future()

    def ask() -> None:
        try:
            answer.set_result(question())
        except Exception as error:  # noqa: BLE001  # raised again where it was asked
            answer.set_exception(error)

    threading.Thread(target=ask, daemon=True).start()
    return answer.result(timeout=seconds)

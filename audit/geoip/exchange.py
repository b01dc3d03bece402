"""A download: checked addresses only, within one deadline and one size, without credentials of any kind.

An archive is served by a redirect to a store, so https redirects are followed. The address that is asked for goes into
no error and no log line, since it may hold the licence key, and the store's holds a signature.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any, Final, Protocol
from urllib.parse import SplitResult, urljoin, urlsplit

from . import adapters
from .exceptions import GeoIPError

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_MOST_REDIRECTS: Final = 5
_PIECE: Final = 64 * 1024
_VISIBLE_ASCII: Final = re.compile(r"[\x21-\x7e]+\Z")


class Resolver(Protocol):
    """``socket.getaddrinfo``, or what stands in for it."""

    def __call__(self, host: str, port: int, *, type: int) -> Sequence[tuple[Any, ...]]: ...


def fetch(
    url: str,
    *,
    take: Callable[[bytes], object],
    limit: int,
    ends_at: float,
    patience: float,
    resolve: Resolver = socket.getaddrinfo,
) -> None:
    """Hand the body that ``url`` leads to to ``take``, piece by piece.

    ``limit`` is in bytes, ``ends_at`` a time of ``time.monotonic``, ``patience`` the seconds between two pieces.

    :raises GeoIPError: it can't be had, is larger, or takes longer. What was taken before is then worth nothing.
    """
    for _hop in range(_MOST_REDIRECTS + 1):
        target = _parsed(url)
        with _errors_of(target.hostname or "", ends_at) as guard:
            location = _exchange(target, guard=guard, take=take, limit=limit, patience=patience, resolve=resolve)
        if location is None:
            return
        url = urljoin(url, location)
        if not url.startswith("https://"):
            raise GeoIPError("insecure_redirect", f"{target.hostname} answered with a redirect that is not https.")
    raise GeoIPError("too_many_redirects", "The download is redirected too often.")


def _exchange(
    target: SplitResult,
    *,
    guard: _Guard,
    take: Callable[[bytes], object],
    limit: int,
    patience: float,
    resolve: Resolver,
) -> str | None:
    """Take the body, or return where a redirect leads to."""
    connection = _connection(target, guard=guard, patience=patience, resolve=resolve)
    try:
        path = (target.path or "/") + (f"?{target.query}" if target.query else "")
        headers = {
            "Host": target.netloc,
            "User-Agent": "Hearthkey",
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        if answer.status in _REDIRECTS and (location := answer.getheader("Location")):
            return location
        _require_success(answer, target.hostname or "")
        _read(answer, target.hostname or "", take=take, limit=limit)
        return None
    finally:
        connection.close()


def _read(answer: HTTPResponse, host: str, *, take: Callable[[bytes], object], limit: int) -> None:
    announced, received = answer.length, 0
    if announced is not None and announced > limit:
        raise GeoIPError("too_large", f"What {host} sends is larger than {limit // 1024**2} MB.")
    while piece := answer.read1(_PIECE):
        received += len(piece)
        if received > limit:
            raise GeoIPError("too_large", f"What {host} sends is larger than {limit // 1024**2} MB.")
        take(piece)
    if announced is not None and received != announced:
        raise ConnectionError


def _require_success(answer: HTTPResponse, host: str) -> None:
    if answer.status == 200:
        return
    wait = _seconds(answer.getheader("Retry-After", ""))
    if answer.status in {401, 403}:
        raise GeoIPError(
            "refused", f"{host} refused the licence key or the request ({answer.status}).", retry_after=wait
        )
    if answer.status == 429:
        raise GeoIPError("too_many_requests", f"{host} was asked too often today (429).", retry_after=wait)
    if answer.status in {404, 410}:
        raise GeoIPError("not_found", f"{host} has no such file ({answer.status}).", retry_after=wait)
    raise GeoIPError("bad_answer", f"{host} answered with status {answer.status}.", retry_after=wait)


def _seconds(value: str) -> float:
    """Return a ``Retry-After`` in seconds (RFC 9110 §10.2.3), 0 when there is none that can be read."""
    if re.fullmatch(r"[0-9]{1,9}", value):
        return float(value)
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    return 0.0


def _parsed(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        usable = _VISIBLE_ASCII.match(url) and parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        usable = None
    if not usable or "@" in parts.netloc:
        raise GeoIPError("bad_url", "The address of the download is no https address, or holds a user name.")
    return parts._replace(fragment="")


def _connection(target: SplitResult, *, guard: _Guard, patience: float, resolve: Resolver) -> HTTPConnection:
    """Return a connection to a checked address, pinned: the name is not resolved again."""
    host = target.hostname or ""
    port = target.port or (443 if target.scheme == "https" else 80)
    raw = _connected(_addresses(target, host, port, resolve), host, port, min(patience, guard.remaining()))
    guard.watch(raw)
    raw.settimeout(patience)
    if target.scheme == "https":
        # The system's trust store, or what SSL_CERT_FILE names.
        raw = ssl.create_default_context().wrap_socket(raw, server_hostname=host)
    connection = HTTPConnection(host, port, timeout=patience)
    connection.sock = raw
    return connection


def _addresses(target: SplitResult, host: str, port: int, resolve: Resolver) -> list[tuple[str, int]]:
    try:
        answers = resolve(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise GeoIPError("unknown_host", f"The name {host} can't be resolved.") from None
    found = list(dict.fromkeys((str(answer[4][0]), int(answer[4][1])) for answer in answers))
    if not found:
        raise GeoIPError("unknown_host", f"The name {host} has no address.")
    for address, _port in found:
        parsed = ipaddress.ip_address(address.partition("%")[0])
        if reason := adapters.may_call(scheme=target.scheme, host=host, address=parsed):
            raise GeoIPError("forbidden_address", reason)
    return found


def _connected(addresses: list[tuple[str, int]], host: str, port: int, seconds: float) -> socket.socket:
    for address in addresses:
        # A dead first address, as IPv6 often is in a container, leaves time for the next.
        with contextlib.suppress(OSError):
            return socket.create_connection(address, timeout=seconds / len(addresses))
    raise GeoIPError("unreachable", f"{host} accepts no connection on port {port}.")


@contextlib.contextmanager
def _errors_of(host: str, ends_at: float) -> Iterator[_Guard]:
    """Yield a guard for one exchange; turn what goes wrong in it into words without the address."""
    guard = _Guard(ends_at)
    try:
        guard.start()
        yield guard
        if guard.has_struck:  # a connection that was cut looks like the end of an answer without a length
            raise TimeoutError
    except (OSError, HTTPException, ValueError) as error:
        raise _failure(error, host, is_late=guard.has_struck) from None
    finally:
        guard.stop()


def _failure(error: Exception, host: str, *, is_late: bool) -> GeoIPError:
    if is_late or isinstance(error, TimeoutError):
        return GeoIPError("timed_out", f"{host} did not send the file in time.")
    if isinstance(error, ssl.SSLError):
        reason = getattr(error, "verify_message", "") or error.reason or "no common protocol"
        return GeoIPError("tls_failed", f"There is no trusted TLS connection to {host}: {reason}.")
    return GeoIPError("broken_off", f"{host} broke off, or answered with something that is not HTTP.")


class _Guard:
    """Cuts a connection at the deadline, whatever it is doing: a socket's timeout only bounds the wait for a byte."""

    def __init__(self, ends_at: float) -> None:
        self._ends_at = ends_at
        self.has_struck = False
        self._handle: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(max(0.0, ends_at - time.monotonic()), self._strike)
        self._timer.daemon = True

    def remaining(self) -> float:
        found = self._ends_at - time.monotonic()
        if found <= 0:
            raise TimeoutError
        return found

    def start(self) -> None:
        self.remaining()
        self._timer.start()

    def watch(self, connection: socket.socket) -> None:
        with self._lock:
            # A second handle of the same connection: the first is about to be taken over by TLS.
            self._handle = socket.socket(fileno=os.dup(connection.fileno()))
            if self.has_struck:
                self._cut()

    def stop(self) -> None:
        self._timer.cancel()
        with self._lock:
            if self._handle is not None:
                self._handle.close()
            self._handle = None

    def _strike(self) -> None:
        with self._lock:
            self.has_struck = True
            self._cut()

    def _cut(self) -> None:
        if self._handle is not None:
            with contextlib.suppress(OSError):
                self._handle.shutdown(socket.SHUT_RDWR)

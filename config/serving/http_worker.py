"""The gunicorn worker that serves Hearthkey's requests."""

from __future__ import annotations

import contextlib
import socket
import time
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from gunicorn.http.errors import LimitRequestHeaders
from gunicorn.workers.gthread import ThreadWorker

#: Bytes of one header line with its name and line break. Browsers send every cookie of the parent domain in a single line.
MAX_HEADER_LINE = 32 * 1024 + len("Cookie: \r\n")

_DRAIN_SECONDS = 2.0
_DRAIN_BYTES = 1024 * 1024


class HttpWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Threaded worker that answers a request with too large headers with a page that says what to do."""

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Answer a request that could not be read; only large headers are answered differently from gunicorn."""
        if not isinstance(exc, LimitRequestHeaders):
            super().handle_error(req, client, addr, exc)
            return
        self.log.info("Request from %s rejected with 431: %s", addr[0] if addr else "", exc)
        with contextlib.suppress(OSError):
            client.settimeout(_DRAIN_SECONDS)
            client.sendall(_headers_too_large())
            client.shutdown(socket.SHUT_WR)
            _drain(client)


def _headers_too_large() -> bytes:
    """Return the whole response. The page loads nothing: the browser would send the same cookies again."""
    page = render_to_string("431.html", {"app_url": settings.APP_URL, "host": settings.APP_HOST}).encode()
    head = (
        "HTTP/1.1 431 Request Header Fields Too Large\r\n"
        "Connection: close\r\n"
        "Content-Type: text/html; charset=utf-8\r\n"
        f"Content-Length: {len(page)}\r\n"
        "Cache-Control: no-store\r\n"
        "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"
        "X-Content-Type-Options: nosniff\r\n"
        "\r\n"
    )
    return head.encode("ascii") + page


def _drain(client: socket.socket) -> None:
    """Read what the browser is still sending: closing with unread data would reset the connection and lose the page."""
    deadline, left = time.monotonic() + _DRAIN_SECONDS, _DRAIN_BYTES
    while left > 0 and time.monotonic() < deadline:
        received = client.recv(65536)
        if not received:
            return
        left -= len(received)

"""A client's back-channel logout endpoint: a real HTTP server on loopback that keeps what it was told."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs


@dataclass
class Listener:
    """``statuses`` are given out one by one, the last for good; ``patience`` is how long an answer takes, in seconds."""

    statuses: list[int] = field(default_factory=lambda: [200])
    patience: float = 0.0
    forms: list[dict[str, list[str]]] = field(default_factory=list)
    content_types: list[str] = field(default_factory=list)
    url: str = ""

    @property
    def tokens(self) -> list[str]:
        return [form["logout_token"][0] for form in self.forms]

    def wait_for(self, count: int, *, seconds: float = 30) -> list[str]:
        """Return the tokens as soon as there are ``count``."""
        deadline = time.monotonic() + seconds
        while len(self.forms) < count and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(self.forms) >= count, f"{len(self.forms)} logout tokens after {seconds} s"
        return self.tokens


@contextlib.contextmanager
def listening(*statuses: int, patience: float = 0.0) -> Iterator[Listener]:
    listener = Listener(list(statuses) or [200], patience)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            listener.content_types.append(self.headers.get("Content-Type", ""))
            listener.forms.append(parse_qs(body.decode(), keep_blank_values=True))
            time.sleep(listener.patience)
            status = listener.statuses.pop(0) if len(listener.statuses) > 1 else listener.statuses[0]
            self.send_response(status)
            if status in (301, 302, 307, 308):
                self.send_header("Location", listener.url)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.url = f"http://127.0.0.1:{server.server_port}/backchannel-logout"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)

"""A download service that does what the real one does, and worse."""

from __future__ import annotations

import os
import socket
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from audit.geoip.exceptions import GeoIPError
from audit.geoip.refresh import Limits, refresh
from tests.support.audit.geoip_files import Reply, Server, answer, archive, checksum, content

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


def make_old(path: Path, days: float) -> None:
    at = time.time() - days * 86400
    os.utime(path, (at, at))

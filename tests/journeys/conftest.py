from __future__ import annotations

from tests.clients.conftest import binaries, browser, person, service

__all__ = ["binaries", "browser", "person", "service"]

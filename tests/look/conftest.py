from __future__ import annotations

from tests.clients.conftest import browser, service

__all__ = ["browser", "service"]

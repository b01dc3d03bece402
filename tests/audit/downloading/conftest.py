"""The service to download from, and a look at whether anything of the key was told."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from audit.geoip import database
from tests.audit.downloading.service import KEY, STORE, Service
from tests.support.audit.geoip_files import Server


@pytest.fixture
def authority(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> trustme.CA:
    found = trustme.CA()
    found.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return found


def context_of(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


@pytest.fixture
def path(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(database, "LOOK_EVERY", 0.0)
    folder = tmp_path / "data"
    folder.mkdir()
    settings.HEARTHKEY_AUDIT_GEOIP_PATH = folder / "places.mmdb"
    settings.HEARTHKEY_AUDIT_GEOIP_LICENSE_KEY = KEY
    settings.HEARTHKEY_AUDIT_GEOIP_URL = None
    settings.HEARTHKEY_AUDIT_GEOIP_MAY_CALL = "tests.support.audit.geoip_files.permit_all"
    yield folder / "places.mmdb"
    current = database.current()
    assert current is not None
    current.close()


@pytest.fixture
def service(path: Path, authority: trustme.CA, tmp_path: Path) -> Iterator[Service]:
    server = Server(context_of(authority, "download.maxmind.com", STORE, "mirror.example"))
    yield Service(server, tmp_path)
    server.close()


@pytest.fixture(autouse=True)
def _nothing_of_the_key_is_told(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> Iterator[None]:
    caplog.set_level(logging.DEBUG)
    yield
    assert "canary" not in caplog.text
    for left in (tmp_path / "data").rglob("*"):
        assert b"canary" not in left.read_bytes()
        assert not left.name.endswith(".part")

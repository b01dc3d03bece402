"""When the file is downloaded, and what is in its place afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from audit.geoip import lookup, status
from audit.geoip.tasks import refresh as task
from tests.audit.downloading.service import KEY, Service, make_old
from tests.support.audit.geoip_files import BERLIN, content, write


def test_the_file_is_downloaded_checked_and_in_use_at_once(service: Service, path: Path) -> None:
    problem = status.problem()
    assert problem is not None
    assert problem.code == "pending"
    assert service.refresh() == "A new file is in place."
    assert lookup(BERLIN).city == "Berlin"
    assert status.problem() is None
    assert service.server.paths[0] == service.checksum_path
    for request in service.server.requests:
        assert b"authorization" not in request.lower()
        assert b"cookie" not in request.lower()
        assert b"referer" not in request.lower()
    to_store = [request for request in service.server.requests if b"signature" in request.split(b"\r\n")[0]]
    assert len(to_store) == 2
    assert all(KEY.encode() not in request for request in to_store)
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(("days", "expected"), [(13.9, "The file is fresh."), (14.1, "A new file is in place.")])
def test_it_is_downloaded_again_when_it_is_older_than_14_days(
    service: Service, path: Path, days: float, expected: str
) -> None:
    write(path, "Bonn")
    make_old(path, days)
    assert service.refresh() == expected
    assert lookup(BERLIN).city == ("Bonn" if "fresh" in expected else "Berlin")


def test_a_file_from_the_future_is_downloaded_again(service: Service, path: Path) -> None:
    write(path, "Bonn")
    make_old(path, -30)
    assert service.refresh() == "A new file is in place."


def test_a_fresh_but_damaged_file_is_replaced(service: Service, path: Path) -> None:
    path.write_bytes(content(service.folder)[:500])
    assert lookup(BERLIN).city == ""
    assert service.refresh() == "A new file is in place."
    assert lookup(BERLIN).city == "Berlin"


def test_the_same_release_is_not_downloaded_twice(service: Service, path: Path) -> None:
    service.refresh()
    make_old(path, 15)
    assert service.refresh() == "There is no newer file."
    assert service.downloads == 1
    assert service.refresh() == "The file is fresh."
    make_old(path, 15)
    service.release("Bonn")
    assert service.refresh() == "A new file is in place."
    assert lookup(BERLIN).city == "Bonn"


def test_without_a_key_or_an_address_nobody_is_asked(service: Service, settings: Any) -> None:
    settings.HEARTHKEY_AUDIT_GEOIP_LICENSE_KEY = ""
    assert service.refresh() == "Nothing is to be downloaded."
    assert task.call() == "Nothing is to be downloaded."
    assert service.server.requests == []


def test_where_nothing_can_be_written_nobody_is_asked(service: Service, settings: Any, tmp_path: Path) -> None:
    settings.HEARTHKEY_AUDIT_GEOIP_PATH = tmp_path / "missing" / "places.mmdb"
    assert service.failure().code == "disk"
    assert service.server.requests == []
    problem = status.problem()
    assert problem is not None
    assert problem.code == "disk"


def test_what_a_killed_process_left_is_removed(service: Service, path: Path) -> None:
    left, fresh = (path.with_name(f".{path.name}.{name}.part") for name in ("left", "fresh"))
    for name in (left, fresh):
        name.write_bytes(b"half")
    make_old(left, 1)
    service.refresh()
    assert not left.exists()
    assert fresh.exists()
    fresh.unlink()

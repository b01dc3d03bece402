"""What may be in an archive, and what must match it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from audit.geoip import lookup
from tests.audit.downloading.service import KEY, Service, make_old
from tests.support.audit.geoip_files import BERLIN, Reply, answer, archive, checksum, content, write, zipped


@pytest.mark.parametrize(
    ("packed", "code"),
    [
        (archive(b"no database"), "damaged"),
        (archive(b"a text", name="GeoLite2-City/README.txt"), "bad_archive"),
        (zipped(b"no database either"), "damaged"),
        (zipped(b"x" * 5_000_000), "too_large"),
        (archive(b"x" * 5_000_000), "too_large"),
        (b"neither packed nor a database", "damaged"),
        (b"\x1f\x8b but not gzip", "bad_archive"),
        (archive(b"x" * 5000)[:-40], "bad_archive"),
    ],
    # Packed bytes hold the time; two processes that name a test after them don't find the same tests.
    ids=["no database", "no member", "zipped", "zipped bomb", "bomb", "not packed", "no gzip", "cut off"],
)
def test_an_archive_with_the_right_checksum_and_the_wrong_content_is_refused(
    service: Service, path: Path, packed: bytes, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("audit.geoip.archive.LARGEST", 3_000_000)
    write(path, "Bonn")
    make_old(path, 15)
    service.store(answer("200 OK", packed))
    service.replies["/sum?signature=canary-signature"] = answer("200 OK", checksum(packed))
    assert service.failure().code == code
    assert lookup(BERLIN).city == "Bonn"


def test_a_member_that_leads_out_of_the_folder_is_only_read(service: Service, path: Path) -> None:
    packed = archive(content(service.folder, "Bonn"), name="../../outside.mmdb")
    service.store(answer("200 OK", packed))
    service.replies["/sum?signature=canary-signature"] = answer("200 OK", checksum(packed))
    service.refresh()
    assert lookup(BERLIN).city == "Bonn"
    assert not (path.parent.parent / "outside.mmdb").exists()


@pytest.mark.parametrize("reply", [answer("404 Not Found"), answer("200 OK", b"no checksum")])
def test_maxminds_file_is_not_taken_without_its_checksum(service: Service, path: Path, reply: Reply) -> None:
    service.replies["/sum?signature=canary-signature"] = reply
    assert service.failure().code in {"not_found", "bad_checksum"}
    assert service.downloads == 0
    assert not path.exists()


@pytest.mark.parametrize("pack", [bytes, zipped, archive])
@pytest.mark.parametrize("has_checksum", [True, False])
def test_another_source_may_serve_any_form_with_or_without_a_checksum(
    service: Service, settings: Any, pack: Any, has_checksum: bool
) -> None:
    settings.HEARTHKEY_AUDIT_GEOIP_URL = "https://mirror.example/city.mmdb?token=canary-token"
    packed = pack(content(service.folder, "Bonn"))
    service.replies = {"/city.mmdb?token=canary-token": answer("200 OK", packed)}
    if has_checksum:
        service.replies["/city.mmdb.sha256?token=canary-token"] = answer("200 OK", checksum(b"another file"))
        assert service.failure().code == "wrong_checksum"
        service.replies["/city.mmdb.sha256?token=canary-token"] = answer("200 OK", checksum(packed))
    assert service.refresh(hours=1) == "A new file is in place."
    assert lookup(BERLIN).city == "Bonn"
    assert all(KEY.encode() not in request for request in service.server.requests)

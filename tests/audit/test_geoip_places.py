"""What an address says about a place, and what a file that is missing, damaged or exchanged does."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from audit.geoip import Place, database, lookup, recorded, status
from tests.support.audit.geoip_files import BERLIN, CANADA, NOWHERE, content, write


@pytest.fixture
def places(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file that the settings name; each look-up sees whether it changed."""
    monkeypatch.setattr(database, "LOOK_EVERY", 0.0)
    path = tmp_path / "places.mmdb"
    settings.HEARTHKEY_AUDIT_GEOIP_PATH = path
    settings.HEARTHKEY_AUDIT_GEOIP_LICENSE_KEY = settings.HEARTHKEY_AUDIT_GEOIP_URL = None
    yield path
    current = database.current()
    assert current is not None
    current.close()


@pytest.mark.parametrize(
    ("address", "place", "label"),
    [
        (BERLIN, Place("public", "DE", "Germany", "Berlin"), "Berlin, Germany"),
        (f"::ffff:{BERLIN}", Place("public", "DE", "Germany", "Berlin"), "Berlin, Germany"),
        (CANADA, Place("public", "CA", "Canada"), "Canada"),
        ("198.51.100.3", Place("public", "CA", "Canada"), "Canada"),
        (NOWHERE, Place("unknown"), "Unknown"),
    ],
)
def test_a_public_address_is_where_the_file_says(places: Path, address: str, place: Place, label: str) -> None:
    write(places)
    assert lookup(address) == place
    assert place.label == label


@pytest.mark.parametrize(
    ("address", "kind", "label"),
    [
        ("127.0.0.1", "loopback", "This computer"),
        ("127.8.9.1", "loopback", "This computer"),
        ("::1", "loopback", "This computer"),
        ("10.1.2.3", "private", "Local network"),
        ("172.16.0.1", "private", "Local network"),
        ("172.31.255.255", "private", "Local network"),
        ("192.168.1.1", "private", "Local network"),
        ("::ffff:192.168.1.1", "private", "Local network"),
        ("fd12::1", "private", "Local network"),
        ("169.254.7.7", "link-local", "Local network"),
        ("fe80::1%eth0", "link-local", "Local network"),
        ("100.64.0.1", "tailnet", "Tailscale network"),
        ("100.127.255.254", "tailnet", "Tailscale network"),
        ("fd7a:115c:a1e0::5", "tailnet", "Tailscale network"),
    ],
)
def test_an_own_address_is_named_without_a_file(settings: Any, address: str, kind: str, label: str) -> None:
    settings.HEARTHKEY_AUDIT_GEOIP_PATH = None
    assert lookup(address) == Place(kind)  # type: ignore[arg-type]
    assert lookup(address).label == label
    assert recorded(address, country="", city="").label == label


@pytest.mark.parametrize("address", ["100.63.255.255", "100.128.0.1", "172.15.255.255", "172.32.0.1", "192.169.0.1"])
def test_the_neighbours_of_an_own_range_are_not_in_it(places: Path, address: str) -> None:
    write(places)
    assert lookup(address).kind == "unknown"


@pytest.mark.parametrize("text", ["", "unknown", "1.2.3", "1.2.3.4.5", "::g", "224.0.0.1", "0.0.0.0", "\x00", "é"])
def test_what_is_no_address_of_anybody_is_unknown(places: Path, text: str) -> None:
    write(places)
    assert lookup(text) == Place("unknown")


def test_what_was_written_down_stays_whatever_the_file_says_today(places: Path) -> None:
    write(places, "Bonn")
    assert recorded(BERLIN, country="DE", city="Berlin").label == "Berlin, Germany"
    assert recorded(NOWHERE, country="FR", city="Paris").label == "Paris, FR"
    assert recorded(NOWHERE, country="", city="") == Place("unknown")


def test_without_a_file_every_place_is_unknown_and_the_operator_can_see_why(places: Path) -> None:
    assert lookup(BERLIN) == Place("unknown")
    problem = status.problem()
    assert problem is not None
    assert problem.code == "missing"
    write(places)
    assert lookup(BERLIN).city == "Berlin"
    assert status.problem() is None


def damaged(kind: str, whole: bytes) -> bytes:
    at = len(whole) // 2
    return {
        "empty": b"",
        "half": whole[:at],
        "random": bytes((number * 151 + 7) % 256 for number in range(50_000)),
        "no tree": b"\xff" * at + whole[at:],
        "a page": b"<html>Not found</html>",
    }[kind]


DAMAGE = ("empty", "half", "random", "no tree", "a page")


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_file_makes_places_unknown_and_says_so(places: Path, kind: str) -> None:
    places.write_bytes(damaged(kind, content(places.parent)))
    assert lookup(BERLIN) == Place("unknown")
    problem = status.problem()
    assert problem is not None
    assert problem.code == "damaged"


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_file_in_the_place_of_a_sound_one_leaves_that_in_use(places: Path, kind: str) -> None:
    write(places)
    assert lookup(BERLIN).city == "Berlin"
    other = places.with_suffix(".new")
    other.write_bytes(damaged(kind, content(places.parent, "Bonn")))
    os.replace(other, places)
    assert lookup(BERLIN).city == "Berlin"
    problem = status.problem()
    assert problem is not None
    assert problem.code == "damaged"
    with places.open("ab") as file:  # whoever copies it there is not done yet
        file.write(b"more")
    assert lookup(BERLIN).city == "Berlin"
    write(other, "Bonn")
    os.replace(other, places)
    assert lookup(BERLIN).city == "Bonn"
    assert status.problem() is None


@pytest.mark.parametrize("size", [0, 300, 1000])
def test_a_file_that_is_cut_short_while_it_is_read_kills_nobody(places: Path, size: int) -> None:
    write(places)
    assert lookup(BERLIN).city == "Berlin"
    os.truncate(places, size)
    assert lookup(BERLIN) == Place("unknown")
    places.write_bytes(content(places.parent, "Bonn"))  # the same file, written to again
    assert lookup(BERLIN).city == "Bonn"


def test_a_file_that_is_cut_short_between_two_looks_kills_nobody(
    places: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write(places)
    assert lookup(BERLIN).city == "Berlin"
    monkeypatch.setattr(database, "LOOK_EVERY", 3600.0)
    os.truncate(places, 0)
    assert [lookup(BERLIN), lookup(BERLIN)] == [Place("unknown")] * 2
    assert sum("The file is damaged" in record.getMessage() for record in caplog.records) == 1


def test_a_file_that_is_removed_is_not_used_any_more(places: Path) -> None:
    write(places)
    assert lookup(BERLIN).city == "Berlin"
    places.unlink()
    assert lookup(BERLIN) == Place("unknown")


def test_a_file_of_another_kind_is_refused(places: Path) -> None:
    write(places, kind="GeoLite2-ASN")
    assert lookup(BERLIN) == Place("unknown")
    write(places, kind="DBIP-City-Lite")
    assert lookup(BERLIN).city == "Berlin"


def test_without_the_library_the_operator_is_told_what_to_install(
    places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(places)
    monkeypatch.setattr(database, "HAS_LIBRARY", False)
    assert lookup(BERLIN) == Place("unknown")
    assert lookup("127.0.0.1").kind == "loopback"
    problem = status.problem()
    assert problem is not None
    assert "pip install geoip2" in problem.message


def test_the_file_is_looked_at_at_most_every_few_seconds(places: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "LOOK_EVERY", 0.3)
    write(places)
    assert lookup(BERLIN).city == "Berlin"
    other = write(places.with_suffix(".new"), "Bonn")
    os.replace(other, places)
    assert lookup(BERLIN).city == "Berlin"
    ends_at = time.monotonic() + 5
    while lookup(BERLIN).city != "Bonn":
        assert time.monotonic() < ends_at
        time.sleep(0.05)


def test_a_hundred_exchanges_in_a_second_disturb_no_look_up(places: Path) -> None:
    write(places)
    contents = [content(places.parent), content(places.parent, "Bonn")]
    stopped, wrong = threading.Event(), []

    def ask() -> None:
        while not stopped.is_set():
            found = lookup(BERLIN)
            if found.city not in {"Berlin", "Bonn"} or found.country_name != "Germany":
                wrong.append(found)

    readers = [threading.Thread(target=ask) for _ in range(4)]
    for reader in readers:
        reader.start()
    for number in range(200):
        other = places.with_suffix(f".{number}")
        other.write_bytes(contents[number % 2])
        os.replace(other, places)
        time.sleep(0.005)
    stopped.set()
    for reader in readers:
        reader.join()
    assert wrong == []

"""How long a failed try waits for the next, and what remembers it."""

from __future__ import annotations

import dataclasses
import json
import time
from pathlib import Path
from typing import Any

import pytest

from audit.geoip import source, state
from audit.geoip.refresh import TRIES_A_DAY
from tests.audit.downloading.service import KEY, Service
from tests.support.audit.geoip_files import answer


def test_a_failed_try_is_repeated_with_growing_pauses(service: Service, path: Path) -> None:
    service.store(answer("500 Internal Server Error"))
    at = 0.0
    for least in (10, 20, 40, 80, 160, 320, 360, 360):
        service.failure(hours=at)
        pause = state.read(path).not_before - (time.time() + at * 3600)
        assert least - 0.1 <= pause / 60 <= least * 1.2
        at += pause / 3600 + 0.01


def test_a_try_before_its_time_asks_nobody(service: Service) -> None:
    service.store(answer("500 Internal Server Error"))
    service.failure()
    asked = len(service.server.requests)
    service.release("Berlin")
    assert service.refresh(hours=0.1).startswith("The next try is at ")
    assert len(service.server.requests) == asked
    assert service.refresh(hours=0.3) == "A new file is in place."


@pytest.mark.parametrize(
    ("headers", "too_early", "in_time"),
    [((), 5.9, 7.3), (("Retry-After: 50000",), 13.8, 14), (("Retry-After: x",), 5.9, 7.3)],
)
def test_who_asks_too_often_waits_as_long_as_the_server_says(
    service: Service, headers: tuple[str, ...], too_early: float, in_time: float
) -> None:
    service.replies[service.checksum_path] = answer("429 Too Many Requests", b"", *headers)
    assert service.failure().code == "too_many_requests"
    service.release("Berlin")
    assert service.refresh(hours=too_early).startswith("The next try is at ")
    assert service.refresh(hours=in_time) == "A new file is in place."


def test_the_licences_downloads_are_counted_over_restarts_and_changed_keys(
    service: Service, settings: Any, path: Path
) -> None:
    for number in range(TRIES_A_DAY):
        settings.HEARTHKEY_AUDIT_GEOIP_LICENSE_KEY = f"{KEY}{number}"  # each is tried at once
        assert service.failure().code == "not_found"
    settings.HEARTHKEY_AUDIT_GEOIP_LICENSE_KEY = KEY
    assert service.refresh().startswith("The next try is at ")
    assert service.refresh(hours=23.9).startswith("The next try is at ")
    assert len(service.server.requests) == TRIES_A_DAY
    assert service.refresh(hours=24.1) == "A new file is in place."


def test_another_key_is_tried_at_once(service: Service, settings: Any) -> None:
    settings.HEARTHKEY_AUDIT_GEOIP_LICENSE_KEY = "mistyped_canary"
    service.replies[service.checksum_path.replace(KEY, "mistyped_canary")] = answer("401 Unauthorized")
    assert service.failure().code == "refused"
    assert service.refresh().startswith("The next try is at ")
    settings.HEARTHKEY_AUDIT_GEOIP_LICENSE_KEY = KEY
    assert service.refresh() == "A new file is in place."


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b'{"source": 1}', b"\xff"])
def test_a_state_that_cannot_be_read_is_begun_anew(service: Service, path: Path, text: bytes) -> None:
    state.path_of(path).write_bytes(text)
    assert state.read(path).attempts == (state.path_of(path).stat().st_mtime,)
    assert service.refresh() == "A new file is in place."
    assert json.loads(state.path_of(path).read_bytes())["code"] == ""


def test_a_clock_that_went_back_does_not_stop_it_for_years(service: Service, path: Path) -> None:
    known = source.current()
    assert known is not None
    state.write(path, dataclasses.replace(state.State(), source=known.fingerprint, not_before=time.time() + 1e9))
    assert service.refresh().startswith("The next try is at ")
    assert service.refresh(hours=24 * 8 * 1000 * 10) == "A new file is in place."

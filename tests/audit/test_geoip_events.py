"""The place of an event, from the request to the page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client as Browser

from accounts.signals import SignedIn
from audit.geoip import database
from audit.models import Event
from config.requests import request_context
from config.requests.request_context import RequestContext
from config.wiring import receivers
from tests.support.audit.geoip_files import BERLIN, NOWHERE, write
from tests.support.passkey_sessions import begin_passkey_session

pytestmark = pytest.mark.django_db


@pytest.fixture
def places(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.HEARTHKEY_AUDIT_GEOIP_PATH = write(tmp_path / "places.mmdb")
    yield
    current = database.current()
    assert current is not None
    current.close()


def sign_in_from(address: str, user: Any) -> Event:
    token = request_context.enter(RequestContext(address=address))
    try:
        receivers.write_event(None, SignedIn(user=str(user.pk), method="passkey"))
    finally:
        request_context.leave(token)
    return Event.objects.latest("at")


@pytest.mark.usefixtures("places")
@pytest.mark.parametrize(
    ("address", "country", "city", "shown"),
    [
        (BERLIN, "DE", "Berlin", "Berlin, Germany"),
        ("192.168.7.7", "", "", "Local network"),
        ("100.64.7.7", "", "", "Tailscale network"),
        (NOWHERE, "", "", ""),
    ],
)
def test_an_event_keeps_its_place_and_the_members_page_shows_it(
    address: str, country: str, city: str, shown: str
) -> None:
    user = get_user_model().objects.create(username="ada", email="ada@example.com")
    event = sign_in_from(address, user)
    assert (event.country, event.city) == (country, city)
    assert (event.place.label if event.place else "") == shown
    browser = Browser(HTTP_HOST="localhost:1411")
    begin_passkey_session(browser, user)
    page = browser.get("/account/activity/").content.decode()
    assert address in page
    assert shown in page
    assert "Unknown" not in page


def test_without_a_file_an_event_has_no_place_and_is_written_all_the_same(settings: Any, tmp_path: Path) -> None:
    settings.HEARTHKEY_AUDIT_GEOIP_PATH = tmp_path / "missing.mmdb"
    user = get_user_model().objects.create(username="ada", email="ada@example.com")
    event = sign_in_from(BERLIN, user)
    assert event.place is None
    assert event.ip_address == BERLIN

"""What an event tells of where it came from."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from audit.adapters import connection_origin
from audit.addresses import is_internal
from audit.devices import describe
from audit.models import Event
from audit.services import Entry, Origin, record

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.0 Mobile/15E148 Safari/604.1"
)


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        (IPHONE, "Safari on iPhone"),
        (IPHONE.replace("17", "18"), "Safari on iPhone"),
        (IPHONE.replace("iPhone;", "iPad;").replace("CPU iPhone OS", "CPU OS"), "Safari on iPad"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/17.4 Safari/605.1.15",
            "Safari on Mac",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/126.0.0.0 Mobile Safari/537.36",
            "Chrome on Android",
        ),
        ("curl/8.1", "curl"),
        ("nothing that anybody knows", ""),
        ("(" * 5000, ""),
        ("", ""),
    ],
)
def test_a_user_agent_in_peoples_words(agent: str, device: str) -> None:
    assert describe(agent) == device


@pytest.mark.parametrize(
    ("address", "internal"),
    [
        ("192.168.1.9", True),
        ("10.1.2.3", True),
        ("172.31.255.255", True),
        ("172.32.0.1", False),
        ("100.64.0.1", True),
        ("100.128.0.1", False),
        ("127.0.0.1", True),
        ("169.254.1.1", True),
        ("::1", True),
        ("fd00::1", True),
        ("fe80::1", True),
        ("2001:db8::1", False),
        ("::ffff:192.168.1.9", True),
        ("203.0.113.9", False),
        ("", None),
        ("nonsense", None),
    ],
)
def test_which_addresses_are_of_an_own_network(address: str, internal: bool | None) -> None:
    assert is_internal(address) is internal


@pytest.mark.django_db
def test_an_event_keeps_place_device_and_network() -> None:
    record(Entry("signed_in"), origin=Origin("192.168.1.9", IPHONE, country="DE", city="Berlin"))
    event = Event.objects.get()
    assert (event.device, event.country, event.city, event.is_internal) == ("Safari on iPhone", "DE", "Berlin", True)


@pytest.mark.django_db
def test_an_event_of_a_command_comes_from_nowhere() -> None:
    record(Entry("signed_in"))
    event = Event.objects.get()
    assert (event.device, event.country, event.city, event.is_internal) == ("", "", "", None)


def test_without_a_word_from_the_site_the_connection_tells_the_origin() -> None:
    request = RequestFactory().get("/", HTTP_USER_AGENT=IPHONE, REMOTE_ADDR="203.0.113.9")
    assert connection_origin(request) == Origin("203.0.113.9", IPHONE)

"""*Other ways to sign in* offers what the site's configuration offers, and every way leads to a page that answers."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from accounts.services.qr_codes import QrCode
from tests.support.accounts.people import browser, make

pytestmark = pytest.mark.django_db

ALWAYS = {"/lc"}


def yes() -> bool:
    return True


def ways() -> set[str]:
    page = html.unescape(browser().get("/login/other?next=/account/apps/").content.decode())
    found = set(re.findall(r'href="(/[^"?]+)\?next=%2Faccount%2Fapps%2F"', page)) - {"/login"}
    for path in found:
        assert browser().get(path).status_code == 200, path
    return found


@pytest.mark.parametrize(
    ("name", "on", "off", "way"),
    [
        ("HEARTHKEY_ACCOUNTS_OTHER_DEVICE", True, False, "/login/device"),
        ("HEARTHKEY_ACCOUNTS_CODES_BY_MAIL", True, False, "/login/code"),
        ("HEARTHKEY_ACCOUNTS_SIGN_UP", "open", "link", "/signup"),
        ("HEARTHKEY_ACCOUNTS_SIGN_UP", "open", "off", "/signup"),
    ],
)
def test_a_way_is_offered_where_it_is_switched_on(name: str, on: Any, off: Any, way: str, settings: Any) -> None:
    make("ada")
    settings.HEARTHKEY_ACCOUNTS_MAIL_IS_ON = f"{__name__}.yes"
    settings.HEARTHKEY_ACCOUNTS_OTHER_DEVICE = False
    settings.HEARTHKEY_ACCOUNTS_CODES_BY_MAIL = False
    settings.HEARTHKEY_ACCOUNTS_SIGN_UP = "off"
    setattr(settings, name, off)
    assert ways() == ALWAYS
    setattr(settings, name, on)
    assert ways() == ALWAYS | {way}


def test_all_ways_at_once(settings: Any) -> None:
    make("ada")
    settings.HEARTHKEY_ACCOUNTS_MAIL_IS_ON = f"{__name__}.yes"
    settings.HEARTHKEY_ACCOUNTS_OTHER_DEVICE = True
    settings.HEARTHKEY_ACCOUNTS_CODES_BY_MAIL = True
    settings.HEARTHKEY_ACCOUNTS_SIGN_UP = "open"
    assert ways() == ALWAYS | {"/login/device", "/login/code", "/signup"}


def test_the_picture_of_a_link_is_written_into_pages_and_into_no_log() -> None:
    picture = QrCode("https://id.example.com/lc/secret")
    assert str(picture).startswith("data:image/svg+xml")
    assert str(picture) != str(QrCode("https://id.example.com/lc/public"))
    assert repr(picture) == repr(QrCode("https://id.example.com/lc/public"))

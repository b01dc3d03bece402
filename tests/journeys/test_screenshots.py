"""Pictures for the README, of pages that the tests walked to."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.people import Person
from tests.support.servers import ROOT, Hearthkey

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

WIDE = {"width": 1100, "height": 780}


def test_screenshot_of_the_account_page_with_two_passkeys(
    service: Hearthkey, person: Callable[..., Person], tmp_path: Path
) -> None:
    """Takes the picture; only ``make screenshots`` keeps it."""
    folder = ROOT / "docs" / "images" if os.environ.get("SCREENSHOTS") else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    service.create_member("emmy", "emmy@example.com")
    emmy = person(viewport=WIDE, device_scale_factor=2, color_scheme="light")
    emmy.enrol_by_link("emmy")
    emmy.add_passkey_on_another_device()
    emmy.open("/account/")
    emmy.page.screenshot(path=folder / "account.png", animations="disabled")
    assert (folder / "account.png").stat().st_size > 10_000

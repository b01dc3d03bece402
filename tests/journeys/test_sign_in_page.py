"""The sign-in page is one button, for every hand and every browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.support.people import Person
from tests.support.servers import Hearthkey

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


def test_the_button_has_the_focus_and_enter_signs_in(service: Hearthkey, person: Callable[..., Person]) -> None:
    service.create_member("keys-only", "keys-only@example.com")
    member = person()
    member.enrol_by_link("keys-only")
    member.forget_service()
    member.open("/login")
    expect(member.button("Sign in with a passkey")).to_be_focused()
    member.page.keyboard.press("Enter")
    member.arrive(f"{service.url}/account/")


def test_without_scripts_the_page_says_what_is_needed(service: Hearthkey, person: Callable[..., Person]) -> None:
    visitor = person(java_script_enabled=False)
    visitor.open("/login")
    # Playwright takes a noscript element for one without text, so what is asserted is that its paragraph shows.
    expect(visitor.page.locator("main noscript p")).to_be_visible()
    expect(visitor.button("Sign in with a passkey")).to_be_hidden()


def test_a_device_that_holds_no_passkey_gets_a_message_and_the_button_back(
    service: Hearthkey, person: Callable[..., Person]
) -> None:
    visitor = person()
    visitor.open("/login")
    visitor.tap()
    expect(visitor.page.locator("[data-passkey-status]")).to_have_class("notice warning")
    expect(visitor.button("Sign in with a passkey")).to_be_focused()
    visitor.arrive(f"{service.url}/login")

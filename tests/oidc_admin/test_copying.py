"""The copy buttons in a browser: with a clipboard, where there is none, and without script."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.clients.conftest import browser as chromium_browser
from tests.clients.conftest import service
from tests.support.people import Person
from tests.support.servers import Hearthkey

__all__ = ["chromium_browser", "service"]
pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
CALLBACK = "https://app.example.com/callback"
WITHOUT_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', { value: undefined })"


@pytest.fixture
def operator(chromium_browser: Browser, service: Hearthkey) -> Iterator[Person]:
    person = Person(chromium_browser, service, viewport={"width": 1000, "height": 900})
    person.enrol_by_link("root")
    yield person
    person.close()
    assert person.complaints == []


def add_client(page: Any, address: str, name: str) -> dict[str, str]:
    """Fill in the form and read id and secret off the page that shows them once."""
    page.goto(f"{address}/admin/hearthkey_oidc_clients/client/add/")
    page.locator("[name=name]").fill(name)
    page.locator("[name=redirect_uris]").fill(CALLBACK)
    page.get_by_role("button", name="Save", exact=True).click()
    return {name: page.locator(f"#{name}").inner_text() for name in ("client-id", "client-secret")}


def copy_button(page: Any, name: str) -> Any:
    return page.locator(f"[data-copy-target={name}]")


def test_id_and_secret_go_to_the_clipboard_and_the_page_says_so(operator: Person) -> None:
    page = operator.page
    operator.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=operator.service.url)
    shown = add_client(page, operator.service.url, "Copied")
    assert len(shown["client-secret"]) >= 40
    for name, value in shown.items():
        page.evaluate("navigator.clipboard.writeText('something else')")
        page.evaluate("document.querySelector('[data-copy-status]').textContent = ''")
        copy_button(page, name).click()
        expect(page.get_by_role("status").get_by_text("Copied", exact=True)).to_have_count(1)
        assert page.evaluate("navigator.clipboard.readText()") == value
    # From the keyboard, and on the client's own page, which has the id and no secret.
    page.get_by_role("link", name="Done", exact=True).click()
    copy_button(page, "client-id").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").get_by_text("Copied", exact=True)).to_have_count(1)
    assert page.evaluate("navigator.clipboard.readText()") == shown["client-id"]
    expect(copy_button(page, "client-secret")).to_have_count(0)


def test_without_a_clipboard_the_value_is_selected_and_the_page_says_what_to_press(operator: Person) -> None:
    operator.page.add_init_script(WITHOUT_CLIPBOARD)
    shown = add_client(operator.page, operator.service.url, "Selected")
    for name, value in shown.items():
        copy_button(operator.page, name).click()
        expect(operator.page.get_by_text("Selected. Press Ctrl+C to copy.")).to_have_count(1)
        assert operator.page.evaluate("getSelection().toString()") == value


def test_without_script_a_client_is_added_and_its_values_can_be_read(
    operator: Person, chromium_browser: Browser
) -> None:
    plain = chromium_browser.new_context(java_script_enabled=False, storage_state=operator.context.storage_state())
    try:
        page = plain.new_page()
        shown = add_client(page, operator.service.url, "Plain")
        assert all(shown.values())
        for name in shown:
            expect(page.locator(f"#{name}")).to_be_visible()
        # A button that could do nothing is not shown.
        expect(page.locator(".copy-button").first).to_be_hidden()
        page.get_by_role("link", name="Done", exact=True).click()
        expect(page.locator("#client-id")).to_have_text(shown["client-id"])
        page.get_by_role("link", name="Unrestrict", exact=True).click()
        page.get_by_role("button", name="Unrestrict", exact=True).click()
        expect(page.locator(".messagelist .success")).to_be_visible()
    finally:
        plain.close()

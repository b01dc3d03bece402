"""The administration in a browser: it looks as it should under the content security policy, and speaks plainly."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.support.people import Person
from tests.support.servers import Hearthkey

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PAGES = {
    "/admin/": None,
    "/admin/hearthkey_accounts/user/": "Administration › Members",
    "/admin/hearthkey_accounts/user/add/": "Administration › Members › Add member",
    "/admin/auth/group/": "Administration › Groups",
    "/admin/auth/group/add/": "Administration › Groups › Add group",
    "/admin/hearthkey_passkeys/passkey/": "Administration › Passkeys",
    "/admin/hearthkey_accounts/reservedidentifier/": ("Administration › Reserved usernames and addresses"),
    "/admin/hearthkey_audit/event/": "Administration › Events",
    "/admin/hearthkey_config/job/": "Administration › Background jobs",
    "/admin/hearthkey_oidc_clients/client/": "Administration › OIDC clients",
    "/admin/hearthkey_oidc_clients/client/add/": "Administration › OIDC clients › Add OIDC client",
}


@pytest.fixture
def operator(browser: Browser, service: Hearthkey) -> Iterator[Person]:
    person = Person(browser, service, viewport={"width": 390, "height": 800})
    person.enrol_by_link("root")
    yield person
    person.close()


def crumbs(person: Person) -> str:
    return " ".join(person.page.locator(".breadcrumbs").inner_text().split())


def test_no_page_breaks_its_policy_or_names_an_app_or_is_too_wide(operator: Person) -> None:
    for path, words in PAGES.items():
        answer = operator.open(path)
        assert answer.status == 200, path
        if words:
            assert crumbs(operator) == words
        assert operator.page.evaluate("document.documentElement.scrollWidth") <= 390, path
    assert operator.complaints == []


def test_a_member_is_found_under_members_and_gets_a_link(operator: Person) -> None:
    operator.open_member("root")
    assert crumbs(operator) == "Administration › Members › Rosa Root"
    operator.link("History").click()
    operator.page.wait_for_url(re.compile("/history/"))
    assert crumbs(operator) == "Administration › Members › Rosa Root › History"
    operator.service.create_member("guest.with.a.rather.long.user.name.indeed", "guest@example.com")
    operator.open_member("guest.with.a.rather.long.user.name.indeed")
    assert operator.page.evaluate("document.documentElement.scrollWidth") <= 390
    operator.link("Create one-time code").click()
    operator.page.wait_for_url(re.compile("/code/"))
    assert operator.page.evaluate("document.documentElement.scrollWidth") <= 390
    operator.button("Show code").click()
    operator.see("Share it now.")
    assert crumbs(operator).endswith("› One-time code for guest.with.a.rather.long.user.name.indeed")
    assert operator.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert operator.complaints == []


def test_an_address_of_an_app_leads_to_the_start_page(operator: Person) -> None:
    operator.open("/admin/hearthkey_accounts/")
    operator.arrive(f"{operator.service.url}/admin/")
    expect(operator.link("Members")).to_be_visible()


def test_a_policy_violation_would_be_noticed(operator: Person) -> None:
    operator.open("/admin/")
    operator.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">x</p>')")
    operator.page.wait_for_timeout(200)
    assert operator.complaints


def test_on_a_telephone_nothing_of_a_list_hides_behind_sideways_scrolling(operator: Person) -> None:
    operator.open("/admin/hearthkey_accounts/user/?q=root")
    for column in ("username", "email", "email_verified", "is_active", "is_staff"):
        box = operator.page.locator(f"#result_list .field-{column}").first.bounding_box()
        assert box is not None
        assert box["x"] >= 0, column
        assert box["x"] + box["width"] <= 390, column
    verified = operator.page.locator("#result_list td.field-email_verified").first
    assert verified.evaluate("cell => getComputedStyle(cell, '::before').content") == '"Verified"'
    operator.page.set_viewport_size({"width": 1280, "height": 800})
    assert verified.evaluate("cell => getComputedStyle(cell, '::before').content") == "none"
    assert operator.complaints == []


def darkness(person: Person, path: str) -> bool:
    """Return whether the page's ground is dark."""
    person.open(path)
    colour = person.page.evaluate("getComputedStyle(document.body).backgroundColor")
    return sum(int(part) for part in re.findall(r"\d+", colour)[:3]) < 3 * 128


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_as_light_or_dark_as_the_device_says(operator: Person, scheme: str) -> None:
    operator.page.emulate_media(color_scheme=scheme)
    # What a switch of Django's own administration would have left behind.
    operator.page.evaluate("localStorage.setItem('theme', 'light')")
    found = {path: darkness(operator, path) for path in ("/admin/", "/account/", "/account/confirm", "/nothing")}
    assert set(found.values()) == {scheme == "dark"}, found


def test_the_cards_of_a_members_pages_are_equally_wide(operator: Person) -> None:
    operator.page.set_viewport_size({"width": 1280, "height": 800})
    widths = set()
    for path in ("/account/", "/account/passkeys/", "/account/confirm", "/account/passkeys/first", "/logout"):
        operator.open(path)
        widths.add(operator.page.locator(".card").first.bounding_box()["width"])
    assert len(widths) == 1, widths


def test_a_one_time_link_is_copied_by_its_button(operator: Person) -> None:
    operator.service.create_member("copied", "copied@example.com")
    operator.context.grant_permissions(["clipboard-read", "clipboard-write"])
    operator.open_member("copied")
    operator.link("Create one-time code").click()
    operator.button("Show code").click()
    operator.button("Copy").first.click()
    operator.see("Copied")
    link = operator.page.locator("#login-link").inner_text()
    assert "/lc/" in link
    assert operator.page.evaluate("navigator.clipboard.readText()") == link
    operator.open_member("copied")
    assert operator.page.evaluate("document.documentElement.scrollWidth") <= 390
    operator.button("Revoke").first.click()
    operator.see("The sign-in code has been revoked.")
    assert operator.complaints == []

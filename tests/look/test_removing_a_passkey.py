"""An operator takes a member's only passkey away in the browser, and hands them the way back in."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support.people import Person
from tests.support.servers import Hearthkey

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def people(browser: Browser, service: Hearthkey) -> Iterator[tuple[Person, Person]]:
    """An operator at a telephone, and a member."""
    operator, member = Person(browser, service, viewport={"width": 390, "height": 800}), Person(browser, service)
    operator.enrol_by_link("root")
    service.create_member("lost", "lost@example.com")
    member.enrol_by_link("lost")
    yield operator, member
    operator.close()
    member.close()


def heights(person: Person) -> set[int]:
    row = person.page.locator(".submit-row")
    return {round(row.locator(part).bounding_box()["height"]) for part in ("input[type=submit]", "a")}


def test_the_answer_to_the_removal_leads_to_a_link_that_lets_the_member_in(people: tuple[Person, Person]) -> None:
    operator, member = people
    operator.open("/admin/hearthkey_passkeys/passkey/?q=lost")
    operator.page.locator("#result_list tbody th a").click()
    operator.link("Delete").click()
    operator.see("This is the member's last passkey.")
    assert heights(operator) == {35}, "Django's own size, the same for both"
    operator.button("Remove passkey").click()
    operator.see("They are signed out everywhere and can't sign in again by themselves.")
    assert heights(operator) == {35}
    assert operator.page.evaluate("document.documentElement.scrollWidth") <= 390
    member.open("/account/")
    member.arrive(re.compile("/login"))
    operator.button("Create one-time code").click()
    link = operator.page.locator("#login-link").inner_text()
    member.page.goto(link)
    member.button("Sign in").click()
    member.add_first_passkey()
    assert operator.complaints == []

"""An operator's one-time link is the way back in."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.people import Person
from tests.servers import Hearthkey

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


def test_opening_the_link_consumes_nothing_and_pressing_the_button_does(
    service: Hearthkey, person: Callable[..., Person]
) -> None:
    service.create_member("locked-out", "locked-out@example.com")
    link = service.login_link("locked-out")
    assert link.startswith(f"{service.url}/lc/")

    # A scanner of links, a second look, and then the person.
    for _ in range(2):
        scanner = person()
        scanner.page.goto(link)
        scanner.see("locked-out")
        scanner.open("/account/")
        scanner.arrive(re.compile(r"/login"))
    member = person()
    member.page.goto(link)
    member.see("locked-out")
    member.button("Sign in").click()
    member.arrive(re.compile(f"^{service.url}/account/"))

    late = person()
    late.page.goto(link)
    assert late.button("Sign in").count() == 0
    late.open("/account/")
    late.arrive(re.compile(r"/login"))


def test_a_link_that_two_people_opened_lets_the_first_one_in(service: Hearthkey, person: Callable[..., Person]) -> None:
    service.create_member("twice", "twice@example.com")
    link = service.login_link("twice")
    first, second = person(), person()
    for one in (first, second):
        one.page.goto(link)
    first.button("Sign in").click()
    first.arrive(re.compile(f"^{service.url}/account/"))
    second.button("Sign in").click()
    second.page.wait_for_load_state()
    second.open("/account/")
    second.arrive(re.compile(r"/login"))

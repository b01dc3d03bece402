"""An operator's one-time code is the way back in."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.support.people import Person
from tests.support.servers import Hearthkey

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


def test_a_code_from_the_administration_leads_to_a_new_passkey_with_which_a_step_up_passes(
    service: Hearthkey, person: Callable[..., Person]
) -> None:
    service.create_member("olga", "olga@example.com")
    lost = person()
    lost.enrol_by_link("olga")
    operator = person()
    operator.enrol_by_link("root")
    operator.open_member("olga")
    operator.link("Create one-time code").click()
    operator.page.get_by_label("Expires after").select_option("15m")
    operator.button("Show code").click()
    code = operator.page.locator("#login-code").inner_text()
    # The picture holds the link: it is an image of its own, which the page may show.
    assert operator.page.locator("img.qr-code").evaluate("image => image.complete && image.naturalWidth") > 100

    # Another browser, without the device that is lost.
    olga = person()
    olga.open("/account/passkeys/")
    olga.link("Other ways to sign in").click()
    olga.link("Enter a code").click()
    olga.page.get_by_label("Sign-in code").fill(code.lower().replace("-", " "))
    olga.button("Sign in").click()
    olga.arrive(f"{service.url}/account/passkeys/")
    for page in ("/account/passkeys/", "/account/", "/account/activity/"):
        olga.open(page)
        olga.see("You signed in with a one-time code.")
    olga.see("root made a one-time sign-in code for you.")

    # The code passes no step-up.
    olga.open("/account/confirm?next=/account/")
    olga.button("Confirm with a passkey").click()
    olga.see("No passkey was used.")
    assert "/account/confirm" in olga.page.url

    # It is good for one passkey, which begins a session of its own and offers to end the one on the lost device.
    before = {cookie["name"]: cookie["value"] for cookie in olga.context.cookies()}
    olga.open("/account/")
    olga.link("Add a passkey").click()
    olga.button("Add passkey").click()
    olga.arrive(re.compile("/account/passkeys/added"))
    olga.button("Sign out everywhere else").click()
    olga.arrive(f"{service.url}/account/")
    olga.see("1 other session ended.")
    assert olga.page.get_by_text("You signed in with a one-time code.").count() == 0
    lost.open("/account/")
    lost.arrive(re.compile("/login"))
    thief = person()
    thief.context.add_cookies([{"name": name, "value": value, "url": service.url} for name, value in before.items()])
    thief.open("/account/")
    thief.arrive(re.compile("/login"))

    # Now a step-up passes.
    olga.confirm()
    olga.see(re.compile("synced|this device only"))


def test_turning_away_from_the_first_use_leaves_a_passkey_that_signs_in(
    service: Hearthkey, person: Callable[..., Person]
) -> None:
    service.create_member("paula", "paula@example.com")
    paula = person()
    paula.enter_by_link("paula")
    paula.open("/account/passkeys/first")
    # The device makes the passkey, and then answers no more: as if the person had turned away.
    paula.page.evaluate(
        """() => {
            const get = navigator.credentials.get.bind(navigator.credentials);
            let refused = false;
            navigator.credentials.get = (options) => {
                if (refused) return get(options);
                refused = true;
                return Promise.reject(new DOMException("turned away", "NotAllowedError"));
            };
        }"""
    )
    paula.button("Add passkey").click()
    paula.see("Your passkey was added. Now sign in with it.")
    elsewhere = paula.context.new_page()
    elsewhere.goto(f"{service.url}/account/")
    assert "/login" in elsewhere.url
    elsewhere.close()
    paula.tap()
    paula.arrive(f"{service.url}/account/")
    paula.confirm()

"""Several people at one browser: they choose, they change, and nobody signs in as somebody else by surprise."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import servers
from tests.support.people import Person
from tests.support.servers import Hearthkey

pytestmark = [pytest.mark.browser, pytest.mark.clients, pytest.mark.timeout(180)]


def test_people_who_share_a_browser_say_who_goes_on(
    service: Hearthkey, person: Callable[..., Person], tmp_path: Path
) -> None:
    for name in ("mira", "nils"):
        service.create_member(name, f"{name}@example.com")
    shared = person()
    site = servers.authlib_site(tmp_path)
    credentials = service.create_client("Calendar", site.callback_url, "--unrestricted")
    with site.start(site, credentials, service.url):
        shared.enrol_by_link("mira")
        shared.agree_at(site)
        # The other one signs in by the usual way, on a device that holds the passkey of theirs.
        shared.open("/logout")
        shared.button("Sign out").click()
        shared.another_device()
        shared.enrol_by_link("nils")
        shared.page.goto(site.login_url)
        shared.see("Who signs in to Calendar?")
        shared.button("Continue as nils").click()
        shared.button("Continue").click()
        shared.arrive(f"{site.url}/whoami")
        assert shared.whoami(site)["claims"]["preferred_username"] == "nils"
        # Asked once for this session.
        shared.page.goto(site.login_url)
        shared.arrive(f"{site.url}/whoami")


@pytest.mark.parametrize("label", ["Not you?", "Use another account"])
def test_who_it_is_not_signs_in_as_themselves_and_the_request_goes_on(
    service: Hearthkey, person: Callable[..., Person], tmp_path: Path, label: str
) -> None:
    first, second = (f"{word}-{label[0].lower()}" for word in ("host", "guest"))
    for name in (first, second):
        service.create_member(name, f"{name}@example.com")
    shared = person()
    site = servers.authlib_site(tmp_path)
    credentials = service.create_client(f"Guest book {label[0]}", site.callback_url, "--unrestricted")
    with site.start(site, credentials, service.url):
        shared.enrol_by_link(second)
        shared.open("/logout")
        shared.button("Sign out").click()
        # The first one's session, with the second one's device at hand.
        mine = shared.device
        shared.page.goto(service.login_link(first))
        shared.button("Sign in").click()
        shared.page.goto(f"{site.login_url}{'?prompt=select_account' if label != 'Not you?' else ''}")
        shared.button(label).click()
        shared.arrive(re.compile(r"/login\?next="))
        assert shared.device is mine
        shared.tap()
        shared.button("Continue").click()
        shared.arrive(f"{site.url}/whoami")
        assert shared.whoami(site)["claims"]["preferred_username"] == second


def test_who_turns_back_from_confirming_can_cancel_or_be_somebody_else(
    service: Hearthkey, person: Callable[..., Person], tmp_path: Path
) -> None:
    service.create_member("hasty", "hasty@example.com")
    member = person()
    member.enrol_by_link("hasty")
    site = servers.authlib_site(tmp_path)
    credentials = service.create_client("Bank", site.callback_url, "--unrestricted")
    with site.start(site, credentials, service.url):
        member.page.goto(f"{site.login_url}?prompt=login")
        member.see("Confirm that it is you")
        member.link("Not you?").click()
        member.see("Bank asks you to confirm with your passkey.")
        member.link("Use my passkey").click()
        member.button("Confirm with a passkey").click()
        member.button("Continue").click()
        member.arrive(f"{site.url}/whoami")
        member.page.goto(f"{site.login_url}?max_age=0")
        member.see("Confirm that it is you")
        member.link("Cancel").click()
        member.button("Cancel").click()
        member.hear(site, "access_denied")

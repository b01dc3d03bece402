"""The way from a form of ours to the client, and on from there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import servers
from tests.support.people import Person
from tests.support.servers import Hearthkey

pytestmark = [pytest.mark.clients, pytest.mark.browser, pytest.mark.timeout(180)]


def test_cancelling_tells_the_client(service: Hearthkey, person: Callable[..., Person], tmp_path: Path) -> None:
    service.create_member("undecided", "undecided@example.com")
    member = person()
    member.enrol_by_link("undecided")
    site = servers.authlib_site(tmp_path)
    credentials = service.create_client("Newsletter", site.callback_url, "--unrestricted")
    with site.start(site, credentials, service.url):
        member.page.goto(site.login_url)
        member.see("Newsletter")
        member.button("Cancel").click()
        parameters = member.hear(site, "access_denied")
        assert parameters["iss"] == service.url
        assert parameters["state"]
        # Who cancelled has agreed to nothing, and can still do so.
        member.page.goto(site.login_url)
        member.button("Continue").click()
        member.arrive(f"{site.url}/whoami")


def test_a_callback_that_sends_people_on_to_a_third_origin_gets_them_there(
    service: Hearthkey, person: Callable[..., Person], tmp_path: Path
) -> None:
    service.create_member("traveller", "traveller@example.com")
    member = person()
    member.enrol_by_link("traveller")
    site = servers.authlib_site(tmp_path, third_origin=True)
    credentials = service.create_client("Junction", site.callback_url, "--unrestricted")
    with site.start(site, credentials, service.url):
        member.page.goto(site.login_url)
        member.button("Continue").click()
        member.arrive(f"http://landing.localhost:{site.port}/landing")
        assert member.whoami(site)["signed_in"]


def test_signing_in_on_the_way_to_a_third_origin_gets_people_there(
    service: Hearthkey, person: Callable[..., Person], tmp_path: Path
) -> None:
    service.create_member("nomad", "nomad@example.com")
    member = person()
    member.enrol_by_link("nomad")
    site = servers.authlib_site(tmp_path, third_origin=True)
    credentials = service.create_client("Crossroads", site.callback_url, "--unrestricted")
    with site.start(site, credentials, service.url):
        member.page.goto(site.login_url)
        member.button("Continue").click()
        member.arrive(f"http://landing.localhost:{site.port}/landing")
        # Who agreed before goes straight from the sign-in page to the client.
        member.forget_service()
        member.page.goto(site.login_url)
        member.tap()
        member.arrive(f"http://landing.localhost:{site.port}/landing")

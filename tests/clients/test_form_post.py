"""The answer as a form that goes to the client by itself, in a real browser under the page's own policy."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import servers
from tests.support.people import Person
from tests.support.servers import Hearthkey

pytestmark = [pytest.mark.clients, pytest.mark.browser, pytest.mark.timeout(180)]


# A12
def test_the_form_reaches_the_client_and_from_there_a_third_origin(
    service: Hearthkey, person: Callable[..., Person], tmp_path: Path
) -> None:
    service.create_member("poster", "poster@example.com")
    member = person()
    member.enrol_by_link("poster")
    site = servers.authlib_site(tmp_path, third_origin=True)
    credentials = service.create_client("Mailroom", site.callback_url, "--unrestricted")
    landing = f"http://landing.localhost:{site.port}/landing"
    with site.start(site, credentials, service.url):
        # After a form of ours: consent.
        member.page.goto(f"{site.login_url}?response_mode=form_post")
        member.button("Continue").click()
        member.arrive(landing)
        assert member.whoami(site)["answered_by"] == "POST"
        # Without any: agreed before, signed in already.
        member.page.goto(f"{site.login_url}?response_mode=form_post")
        member.arrive(landing)
        # An error, silent and after Cancel.
        member.page.goto(f"{site.login_url}?response_mode=form_post&prompt=consent")
        member.button("Cancel").click()
        member.arrive(f"{landing}?error=access_denied")
        member.forget_service()
        member.page.goto(f"{site.login_url}?response_mode=form_post&prompt=none")
        member.arrive(f"{landing}?error=login_required")


# A12
def test_without_scripts_the_form_has_a_button(
    service: Hearthkey, person: Callable[..., Person], tmp_path: Path
) -> None:
    site = servers.authlib_site(tmp_path)
    credentials = service.create_client("Reading room", site.callback_url, "--unrestricted")
    visitor = person(java_script_enabled=False)
    with site.start(site, credentials, service.url):
        visitor.page.goto(f"{site.login_url}?response_mode=form_post&prompt=none")
        visitor.page.locator("noscript button").click()
        visitor.arrive(site.callback_url)
        visitor.see("login_required")


# A08
def test_an_answer_in_the_fragment_arrives(service: Hearthkey, person: Callable[..., Person], tmp_path: Path) -> None:
    service.create_member("fragmented", "fragmented@example.com")
    member = person()
    member.enrol_by_link("fragmented")
    site = servers.authlib_site(tmp_path)
    credentials = service.create_client("Archive", site.callback_url, "--unrestricted")
    with site.start(site, credentials, service.url):
        member.page.goto(f"{site.login_url}?response_mode=fragment")
        member.button("Continue").click()
        member.arrive(re.compile(rf"^{re.escape(site.callback_url)}#code=.+&iss="))
        member.page.goto(f"{site.login_url}?response_mode=fragment")
        member.arrive(re.compile(rf"^{re.escape(site.callback_url)}#code=.+&iss="))


# A16
def test_who_is_denied_goes_back_by_a_form(service: Hearthkey, person: Callable[..., Person], tmp_path: Path) -> None:
    service.create_member("outsider", "outsider@example.com")
    member = person()
    member.enrol_by_link("outsider")
    site = servers.authlib_site(tmp_path, third_origin=True)
    credentials = service.create_client("Vault", site.callback_url)
    with site.start(site, credentials, service.url):
        member.page.goto(f"{site.login_url}?response_mode=form_post")
        member.see("have access to Vault")
        member.button("Back to Vault").click()
        member.arrive(f"http://landing.localhost:{site.port}/landing?error=access_denied")

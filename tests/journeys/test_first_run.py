"""From an empty database to sessions at relying parties that others wrote, as an operator walks it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.support import servers
from tests.support.people import Person
from tests.support.servers import Hearthkey

pytestmark = [pytest.mark.browser, pytest.mark.clients, pytest.mark.timeout(300)]


@pytest.fixture(params=["sqlite", "postgres"])
def empty_service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hearthkey]:
    with servers.hearthkey(tmp_path, database=request.param, is_migrated=False) as running:
        yield running


def test_an_operator_goes_from_an_empty_database_to_a_session_at_every_kind_of_client(
    empty_service: Hearthkey, browser: Browser, tmp_path: Path, binaries: Path
) -> None:
    service = empty_service
    operator = Person(browser, service)

    # Whoever comes first is led to the wizard.
    operator.open("/")
    operator.arrive(f"{service.url}/setup")
    operator.page.get_by_label("Username").fill("rosa")
    operator.page.get_by_label("Email address", exact=True).fill("rosa@example.com")
    operator.page.get_by_label("First name").fill("Rosa")
    operator.page.get_by_label("Last name").fill("Root")
    expect(operator.page.get_by_label("I own this email address (shared with apps as verified)")).to_be_checked()
    operator.button("Create administrator").click()

    # Two passkeys, on two devices; the account page warns until both are there.
    operator.add_first_passkey()
    operator.add_passkey_on_another_device()
    answer = operator.open("/setup")
    assert answer.status == 404

    # A group and the clients, in the administration.
    operator.open("/account/")
    operator.link("Administration").click()
    operator.create_group("Family")
    operator.put_into_group("rosa", "family")
    sites = [
        servers.mozilla_site(tmp_path),
        servers.authlib_site(tmp_path),
        servers.goth_site(tmp_path, binaries),
        servers.coder_site(tmp_path, binaries),
    ]
    credentials = {
        site.name: operator.create_client(site.name.title(), site.callback_url, group="family") for site in sites
    }
    for site in sites:
        with site.start(site, credentials[site.name], service.url):
            operator.forget_service()
            operator.sign_in_at(site)
            whoami = operator.whoami(site)
            claims = whoami.get("claims", whoami)
            assert claims["preferred_username"] == "rosa"
            assert claims["email"] == "rosa@example.com"
            if site.name != "mozilla":
                assert claims["groups"] == ["family"]
    assert operator.complaints == []
    operator.close()

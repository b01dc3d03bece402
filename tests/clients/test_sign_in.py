"""Relying parties that others wrote sign a member in: one tap, and a session at the client."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import servers
from tests.support.people import Person
from tests.support.servers import Hearthkey, Site

pytestmark = [pytest.mark.clients, pytest.mark.browser, pytest.mark.timeout(180)]

SITES: dict[str, Callable[[Path, Path], Site]] = {
    "mozilla-django-oidc": lambda folder, binaries: servers.mozilla_site(folder),
    "Authlib": lambda folder, binaries: servers.authlib_site(folder),
    "goth": servers.goth_site,
    "go-oidc": servers.coder_site,
}


@pytest.fixture(params=SITES)
def site(request: pytest.FixtureRequest, tmp_path: Path, binaries: Path) -> Site:
    return SITES[request.param](tmp_path, binaries)


# H05
def test_a_member_signs_in_at_a_real_client_with_one_tap(
    service: Hearthkey, person: Callable[..., Person], site: Site
) -> None:
    username = f"ada-{site.name}"
    service.create_member(username, f"{username}@example.com")
    ada = person()
    ada.enrol_by_link(username)
    credentials = service.create_client(site.name.title(), site.callback_url, "--unrestricted")
    with site.start(site, credentials, service.url):
        ada.forget_service()
        ada.sign_in_at(site)
        first = ada.whoami(site)
        assert first["signed_in"] is True
        claims: dict[str, Any] = first.get("claims", first)
        assert claims["preferred_username"] == username
        assert claims["email"] == f"{username}@example.com"

        # Another day: who agreed once is not asked again, so the tap is all there is.
        ada.forget_service()
        ada.sign_in_at(site, consent=False)
        again = ada.whoami(site)
        assert again.get("claims", again).get("sub", again.get("id")) == claims.get("sub", claims.get("id"))


def test_who_is_signed_in_already_reaches_the_client_without_a_tap(
    service: Hearthkey, person: Callable[..., Person], tmp_path: Path
) -> None:
    service.create_member("already", "already@example.com")
    already = person()
    already.enrol_by_link("already")
    site = servers.authlib_site(tmp_path)
    credentials = service.create_client("Wiki", site.callback_url, "--unrestricted", "--pkce")
    with site.start(site, credentials, service.url):
        already.page.goto(site.login_url)
        already.button("Continue").click()
        already.arrive(f"{site.url}/whoami")
        already.page.goto(site.login_url)
        already.arrive(f"{site.url}/whoami")


def test_a_public_client_signs_in_without_a_secret(
    service: Hearthkey, person: Callable[..., Person], tmp_path: Path
) -> None:
    service.create_member("public", "public@example.com")
    member = person()
    member.enrol_by_link("public")
    site = servers.authlib_site(tmp_path)
    credentials = service.create_client("Desktop app", site.callback_url, "--unrestricted", "--public")
    assert credentials["client_secret"] is None
    with site.start(site, credentials, service.url):
        member.page.goto(site.login_url)
        member.button("Continue").click()
        member.arrive(f"{site.url}/whoami")


@pytest.mark.parametrize("verified", [True, False])
def test_a_client_that_wants_verified_addresses_learns_whether_one_is(
    service: Hearthkey, person: Callable[..., Person], tmp_path: Path, binaries: Path, *, verified: bool
) -> None:
    username = f"coder-{verified}".lower()
    service.create_member(username, f"{username}@example.com", verified=verified)
    member = person()
    member.enrol_by_link(username)
    site = servers.coder_site(tmp_path, binaries)
    credentials = service.create_client("Coder", site.callback_url, "--unrestricted")
    with site.start(site, credentials, service.url):
        member.page.goto(site.login_url)
        member.button("Continue").click()
        if verified:
            member.arrive(f"{site.url}/whoami")
        else:
            member.see("email address on your OIDC provider to authenticate")
        assert member.whoami(site)["signed_in"] is verified

"""Apache with mod_auth_openidc guards a page with us: sign-in, refresh, sign-out, and a sign-out that comes from here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests

from tests.support import servers
from tests.support.people import Person
from tests.support.servers import Hearthkey, Site

pytestmark = [pytest.mark.clients, pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture(params=["query", "form_post"])
def site(request: pytest.FixtureRequest, service: Hearthkey, tmp_path: Path) -> Iterator[Site]:
    site = servers.apache_site(tmp_path, response_mode=request.param)
    credentials = service.create_client(
        "Intranet",
        site.callback_url,
        "--unrestricted",
        "--logout-callback-url",
        f"{site.url}/",
        "--backchannel-logout-url",
        f"http://127.0.0.1:{site.port}/oidc/callback?logout=backchannel",
        "--on-my-network",
    )
    with site.start(site, credentials, service.url):
        yield site


@pytest.fixture
def bea(service: Hearthkey, person: Callable[..., Person], request: pytest.FixtureRequest) -> Person:
    username = f"bea-{abs(hash(request.node.name)) % 10**8}"
    service.create_member(username, f"{username}@example.com")
    bea = person()
    bea.enrol_by_link(username)
    return bea


def test_the_page_opens_for_a_member_and_the_token_is_renewed(bea: Person, site: Site) -> None:
    bea.agree_at(site)
    first = bea.whoami(site)
    assert first["claims"]["email"].startswith("bea-")
    bea.page.goto(
        f"{site.callback_url}?{urlencode({'refresh': site.whoami_url, 'access_token': first['access_token']})}"
    )
    bea.arrive(site.whoami_url)
    assert bea.whoami(site)["access_token"] not in ("", first["access_token"])


# H02
def test_signing_out_at_apache_signs_out_here(bea: Person, site: Site) -> None:
    bea.agree_at(site)
    bea.page.goto(f"{site.callback_url}?{urlencode({'logout': site.url + '/'})}")
    bea.arrive(f"{site.url}/")
    bea.open("/account/")
    assert "/login" in bea.page.url


# H03 H04
def test_signing_out_here_reaches_apache(bea: Person, site: Site) -> None:
    bea.agree_at(site)
    bea.open("/logout")
    bea.button("Sign out").click()
    bea.arrive(re.compile("/login"))

    def guarded() -> bool:
        # Whoever is signed out there is sent on to sign in.
        cookies = {cookie["name"]: cookie["value"] for cookie in bea.context.cookies(site.url)}
        page = f"http://127.0.0.1:{site.port}/whoami.shtml"
        answer = requests.get(page, cookies=cookies, headers={"Host": site.url[7:]}, allow_redirects=False, timeout=5)
        return answer.status_code == 302

    servers.wait_until(guarded)

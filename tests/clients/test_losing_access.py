"""Who leaves the group that opens a client is out of it, whatever they hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import servers
from tests.support.people import Person
from tests.support.servers import Hearthkey

pytestmark = [pytest.mark.clients, pytest.mark.browser, pytest.mark.timeout(180)]


def test_leaving_the_group_ends_sign_in_refresh_and_userinfo(
    service: Hearthkey, person: Callable[..., Person], tmp_path: Path
) -> None:
    root = person()
    root.enrol_by_link("root")
    root.create_group("Gardeners")
    service.create_member("rose", "rose@example.com", groups=["gardeners"])
    rose = person()
    rose.enrol_by_link("rose")
    site = servers.authlib_site(tmp_path, scope="openid profile email groups offline_access")
    credentials = service.create_client("Greenhouse", site.callback_url, "--group", "gardeners")
    with site.start(site, credentials, service.url):
        rose.agree_at(site)
        assert rose.whoami(site)["claims"]["groups"] == ["gardeners"]
        assert rose.json_at(f"{site.url}/userinfo")["body"]["groups"] == ["gardeners"]
        refreshed = rose.json_at(f"{site.url}/refresh")
        assert refreshed["refreshed"]
        assert refreshed["refresh_token_changed"]
        assert rose.json_at(f"{site.url}/userinfo")["status"] == 200

        root.put_into_group("rose", "gardeners", member=False)

        userinfo = rose.json_at(f"{site.url}/userinfo")
        assert userinfo["status"] in (401, 403)
        assert "rose" not in str(userinfo["body"])
        assert rose.json_at(f"{site.url}/refresh")["error"] == "invalid_grant"
        rose.page.goto(site.login_url)
        rose.go_back_to("Greenhouse")
        rose.hear(site, "access_denied")


def test_a_stranger_to_the_group_is_refused_and_the_client_hears_of_it(
    service: Hearthkey, person: Callable[..., Person], tmp_path: Path
) -> None:
    service.create_member("stranger", "stranger@example.com")
    stranger = person()
    stranger.enrol_by_link("stranger")
    site = servers.authlib_site(tmp_path)
    credentials = service.create_client("Closed shop", site.callback_url)
    with site.start(site, credentials, service.url):
        stranger.page.goto(site.login_url)
        stranger.go_back_to("Closed shop")
        assert stranger.hear(site, "access_denied")["iss"] == service.url
        # With prompt=none nobody is asked and the error goes back at once.
        stranger.page.goto(f"{site.login_url}?prompt=none")
        assert stranger.hear(site, "access_denied")["iss"] == service.url

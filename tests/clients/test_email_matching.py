"""A client that finds people by their e-mail address must never take one member for another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import servers
from tests.support.people import Person
from tests.support.servers import Hearthkey

pytestmark = [pytest.mark.clients, pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.mark.parametrize("verified", [True, False])
def test_a_member_who_takes_a_former_address_of_another_does_not_become_them(
    service: Hearthkey, person: Callable[..., Person], tmp_path: Path, *, verified: bool
) -> None:
    suffix = "verified" if verified else "unverified"
    old = f"old-{suffix}@example.com"
    service.create_member(f"first-{suffix}", old, verified=verified)
    first = person()
    first.enrol_by_link(f"first-{suffix}")
    site = servers.mozilla_site(tmp_path)
    credentials = service.create_client("Linkding", site.callback_url, "--unrestricted")
    with site.start(site, credentials, service.url):
        first.agree_at(site)
        theirs = first.whoami(site)
        assert theirs["email"] == old

        root = person()
        root.enrol_by_link("root")
        root.change_address(f"first-{suffix}", f"new-{suffix}@example.com")

        # A new member can't have it, in whatever case, and an existing one can't be given it.
        for taken in (old, old.upper()):
            refused = service.run(*service.member_arguments(f"second-{suffix}", taken))
            assert refused.returncode == 1
            assert len(refused.stderr.splitlines()) == 1
        service.create_member(f"second-{suffix}", f"second-{suffix}@example.com")
        root.change_address(f"second-{suffix}", old.title(), accepted=False)

        second = person()
        second.enrol_by_link(f"second-{suffix}")
        second.agree_at(site)
        other = second.whoami(site)
        assert other["email"] == f"second-{suffix}@example.com"
        assert other["id"] != theirs["id"]

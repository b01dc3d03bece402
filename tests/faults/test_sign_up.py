"""A sign-up link's limit against the real service: two worker processes, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.support import servers
from tests.support.racing import at_once, numbered
from tests.support.servers import Hearthkey
from tests.support.setting_up import create_administrator

from .test_two_workers import csrf_of

pytestmark = [pytest.mark.serve, pytest.mark.timeout(180)]

MAKE = """
from datetime import timedelta
from accounts.services.invitations import create_invitation
created = create_invitation(lifetime=timedelta(hours=1), max_uses={limit}, actor=None, works_while_off=True)
print("link:", created.link)
"""
COUNT = """
from accounts.models import Invitation, InvitationUse, User
uses = list(Invitation.objects.order_by("created_at").values_list("uses", flat=True))
print("counted:", uses, InvitationUse.objects.count(), User.objects.filter(is_superuser=False).count())
"""


@pytest.fixture(params=["sqlite", "postgres"])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hearthkey]:
    with servers.hearthkey(tmp_path, database=request.param, DISABLE_RATE_LIMITING="true") as found:
        create_administrator(found, username="root", email="root@example.org")
        yield found


def made_link(service: Hearthkey, limit: int) -> str:
    (line,) = [line for line in service.manage("shell", "-c", MAKE.format(limit=limit)).splitlines() if "link:" in line]
    return line.partition("link: ")[2]


# L07, F15
def test_a_links_limit_is_exact_over_two_workers(service: Hearthkey) -> None:
    limits = ((1, 20), (7, 50))
    for limit, callers in limits:
        link = made_link(service, limit)
        sessions = servers.visitors(callers)
        tokens = [csrf_of(session.get(link, timeout=30).text) for session in sessions]

        def come(
            number: int,
            *,
            link: str = link,
            limit: int = limit,
            sessions: list[requests.Session] = sessions,
            tokens: list[str] = tokens,
        ) -> int:
            values = {"csrfmiddlewaretoken": tokens[number], "username": f"newcomer-{limit}-{number}"}
            headers = {"Origin": service.url}
            answer = sessions[number].post(link, data=values, headers=headers, timeout=60, allow_redirects=False)
            return answer.status_code

        assert Counter(at_once(numbered(callers, come))) == {302: limit, 410: callers - limit}
    assert "counted: [1, 7] 8 8" in service.manage("shell", "-c", COUNT)

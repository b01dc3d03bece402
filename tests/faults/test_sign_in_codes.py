"""One-time sign-in codes against the real service: two worker processes, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.faults.test_two_workers import csrf_of
from tests.support import servers
from tests.support.racing import at_once, numbered
from tests.support.servers import Hearthkey
from tests.support.setting_up import create_administrator

pytestmark = [pytest.mark.serve, pytest.mark.timeout(180)]


@pytest.fixture(params=["sqlite", "postgres"])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hearthkey]:
    with servers.hearthkey(tmp_path, database=request.param, DISABLE_RATE_LIMITING="true") as found:
        yield found


# L06
def test_of_fifty_uses_of_one_code_by_link_and_by_hand_one_signs_in(service: Hearthkey) -> None:
    create_administrator(service, username="root", email="root@example.org")
    service.create_member("ada", "ada@example.org")
    link, code = service.manage("login_code", "ada", "--code").splitlines()
    entry = f"{service.url}/lc"
    browsers = servers.visitors(50)
    pages = [entry if number % 2 else link for number in range(50)]
    tokens = [csrf_of(found.get(page, timeout=30).text) for found, page in zip(browsers, pages, strict=True)]

    def use(number: int) -> int:
        values = {"csrfmiddlewaretoken": tokens[number], "code": code}
        headers = {"Origin": service.url}
        answer = browsers[number].post(pages[number], data=values, headers=headers, timeout=60, allow_redirects=False)
        return answer.status_code

    statuses = Counter(at_once(numbered(50, use)))
    assert statuses[302] == 1
    assert set(statuses) <= {302, 400, 404}
    inside = [found.get(f"{service.url}/account/", timeout=30, allow_redirects=False).status_code for found in browsers]
    assert Counter(inside) == {200: 1, 302: 49}


# L06
def test_the_hundredth_wrong_code_is_the_last_one_looked_at_over_two_workers(service: Hearthkey) -> None:
    create_administrator(service, username="root", email="root@example.org")
    browser = requests.Session()
    token = csrf_of(browser.get(f"{service.url}/lc", timeout=30).text)

    def guess(_number: int) -> int:
        values = {"csrfmiddlewaretoken": token, "code": "2222-2222-2222"}
        headers = {"Origin": service.url}
        return requests.post(
            f"{service.url}/lc", data=values, headers=headers, cookies=browser.cookies, timeout=60
        ).status_code

    counted = Counter(status for _round in range(3) for status in at_once(numbered(40, guess)))
    assert counted == {400: 100, 429: 20}

"""Races against the real service: two worker processes, on SQLite and on PostgreSQL."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.support import servers
from tests.support.racing import at_once, numbered
from tests.support.servers import Hearthkey
from tests.support.setting_up import create_administrator

pytestmark = [pytest.mark.serve, pytest.mark.timeout(180)]

CALLBACK = "http://app.localhost/callback"


@pytest.fixture(params=["sqlite", "postgres"])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hearthkey]:
    with servers.hearthkey(tmp_path, database=request.param, DISABLE_RATE_LIMITING="true") as found:
        yield found


def csrf_of(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found, page
    return found[1]


# V5
def test_of_twenty_simultaneous_set_ups_one_makes_the_administrator(service: Hearthkey) -> None:  # L08
    sessions = servers.visitors(20)
    tokens = [csrf_of(session.get(f"{service.url}/setup", timeout=30).text) for session in sessions]

    def submit(number: int) -> int:
        values = {
            "csrfmiddlewaretoken": tokens[number],
            "username": f"admin{number}",
            "email": f"a{number}@example.org",
        }
        answer = sessions[number].post(f"{service.url}/setup", data=values, timeout=60, allow_redirects=False)
        return answer.status_code

    assert Counter(at_once(numbered(20, submit))) == {302: 1, 409: 19}
    count = "from accounts.models import User; print('members:', User.objects.count())"
    assert "members: 1" in service.manage("shell", "-c", count)
    assert requests.get(f"{service.url}/setup", timeout=30).status_code == 404


def signed_in(service: Hearthkey) -> requests.Session:
    create_administrator(service, username="root", email="root@example.org")
    session = requests.Session()
    link = service.login_link("root")
    page = session.get(link, timeout=30).text
    headers = {"Origin": service.url}
    answer = session.post(link, data={"csrfmiddlewaretoken": csrf_of(page)}, headers=headers, timeout=30)
    assert answer.url.endswith("/account/"), answer.text
    return session


def code_for(service: Hearthkey, session: requests.Session, client_id: str) -> str:
    """Return an authorization code, consenting when asked."""
    asked = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": CALLBACK,
        "scope": "openid offline_access",
    }
    response = session.get(f"{service.url}/authorize", params=asked, timeout=30, allow_redirects=False)
    if not response.headers["Location"].startswith(CALLBACK):
        page = session.get(service.url + response.headers["Location"], timeout=30).text
        action = re.search(r'action="([^"]+/consent)"', page)
        assert action, page
        values = {"csrfmiddlewaretoken": csrf_of(page)}
        going_on = session.post(service.url + action[1], data=values, headers={"Origin": service.url}, timeout=30)
        target = re.search(r'content="0; url=([^"]+)"', going_on.text)
        assert target, going_on.text
        address = target[1].replace("&amp;", "&")
    else:
        address = response.headers["Location"]
    return parse_qs(urlsplit(address).query)["code"][0]


def test_codes_and_refresh_tokens_have_one_winner_over_two_workers(service: Hearthkey) -> None:  # B03, C03
    session = signed_in(service)
    client = service.create_client("App", CALLBACK, "--unrestricted")
    authentication = (client["client_id"], client["client_secret"])

    def token(**form: str) -> requests.Response:
        return requests.post(f"{service.url}/api/oidc/token", data=form, auth=authentication, timeout=60)

    def redeem(code: str) -> requests.Response:
        return token(grant_type="authorization_code", code=code, redirect_uri=CALLBACK)

    code = code_for(service, session, client["client_id"])
    answers = at_once([lambda: redeem(code)] * 50)
    assert Counter(answer.status_code for answer in answers) == {200: 1, 400: 49}
    won = next(answer.json() for answer in answers if answer.ok)
    bearer = {"Authorization": f"Bearer {won['access_token']}"}
    assert requests.get(f"{service.url}/api/oidc/userinfo", headers=bearer, timeout=30).status_code == 401

    fresh = redeem(code_for(service, session, client["client_id"])).json()
    answers = at_once([lambda: token(grant_type="refresh_token", refresh_token=fresh["refresh_token"])] * 50)
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1


def test_a_pushed_request_has_one_user_over_two_workers(service: Hearthkey) -> None:  # E02
    session = signed_in(service)
    client = service.create_client("App", CALLBACK, "--unrestricted")
    code_for(service, session, client["client_id"])
    asked = {"response_type": "code", "redirect_uri": CALLBACK, "scope": "openid offline_access"}
    pushed = requests.post(
        f"{service.url}/api/oidc/par", data=asked, auth=(client["client_id"], client["client_secret"]), timeout=30
    ).json()
    parameters = {"client_id": client["client_id"], "request_uri": pushed["request_uri"]}

    def use(_number: int) -> int:
        answer = requests.get(
            f"{service.url}/authorize",
            params=parameters,
            cookies=session.cookies.get_dict(),
            timeout=60,
            allow_redirects=False,
        )
        assert answer.status_code == 400 or answer.headers["Location"].startswith(f"{CALLBACK}?code=")
        return answer.status_code

    assert Counter(at_once(numbered(20, use))) == {302: 1, 400: 19}


def test_one_link_signs_in_once_over_two_workers(service: Hearthkey) -> None:
    create_administrator(service, username="root", email="root@example.org")
    link = service.login_link("root")
    sessions = servers.visitors(20)
    tokens = [csrf_of(session.get(link, timeout=30).text) for session in sessions]

    def press(number: int) -> int:
        values = {"csrfmiddlewaretoken": tokens[number]}
        headers = {"Origin": service.url}
        answer = sessions[number].post(link, data=values, headers=headers, timeout=60, allow_redirects=False)
        return answer.status_code

    assert Counter(at_once(numbered(20, press))) == {302: 1, 404: 19}


def test_a_device_gets_one_token_over_two_workers(service: Hearthkey) -> None:  # F03
    session = signed_in(service)
    client = service.create_client("App", CALLBACK, "--unrestricted")
    authentication = (client["client_id"], client["client_secret"])

    def post(path: str, **form: str) -> requests.Response:
        return requests.post(f"{service.url}/api/oidc/{path}", data=form, auth=authentication, timeout=60)

    def press(path: str, page: str) -> requests.Response:
        values = {"csrfmiddlewaretoken": csrf_of(page), "user_code": codes["user_code"]}
        return session.post(f"{service.url}/{path}", data=values, headers={"Origin": service.url}, timeout=30)

    codes = post("device/authorize", scope="openid").json()
    confirm = press("device", session.get(codes["verification_uri_complete"], timeout=30).text)
    assert "You approved the sign-in" in press("device/approve", confirm.text).text
    grant = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": codes["device_code"]}
    answers = at_once([lambda: post("token", **grant)] * 50)
    assert Counter(answer.status_code for answer in answers) == {200: 1, 400: 49}
    assert {answer.json()["error"] for answer in answers if not answer.ok} == {"invalid_grant"}
    bearer = {"Authorization": f"Bearer {next(answer for answer in answers if answer.ok).json()['access_token']}"}
    assert requests.get(f"{service.url}/api/oidc/userinfo", headers=bearer, timeout=30).status_code == 200

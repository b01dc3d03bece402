"""Sign-ins on another device against the real service: two worker processes, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections import Counter

import pytest
import requests

from tests.faults.test_two_workers import csrf_of, service
from tests.support.racing import at_once, numbered
from tests.support.servers import Hearthkey
from tests.support.setting_up import create_administrator

__all__ = ["service"]

pytestmark = [pytest.mark.serve, pytest.mark.timeout(180)]

_APPROVE = """
from accounts.models import SignInRequest, User
from accounts.services import sign_in_requests_answers as answers
row = SignInRequest.objects.get()
asked = answers.Asked(row, "", "")
print("answer:", answers.approve_request(asked=asked, user=User.objects.get(), is_mine=False, is_once=False))
"""
_COUNT = "from accounts.models import Session; print('sessions:', Session.objects.filter(method='device').count())"


def test_fifty_that_hold_one_cookie_get_one_session_over_two_workers(service: Hearthkey) -> None:
    create_administrator(service, username="root", email="root@example.org")
    browser = requests.Session()
    headers = {"Origin": service.url, "Accept": "application/json"}
    token = csrf_of(browser.get(f"{service.url}/login/device", timeout=30).text)
    page = browser.post(
        f"{service.url}/login/device",
        data={"csrfmiddlewaretoken": token},
        headers={"Origin": service.url},
        timeout=30,
    ).text
    cookies = browser.cookies.get_dict()

    def poll(_number: int = 0) -> str:
        answer = requests.post(
            f"{service.url}/login/device/continue",
            data={"csrfmiddlewaretoken": csrf_of(page)},
            headers=headers,
            cookies=cookies,
            timeout=60,
        )
        return str(answer.json()["state"])

    assert poll() == "waiting"
    assert "answer: approved" in service.manage("shell", "-c", _APPROVE)
    assert Counter(at_once(numbered(50, poll))) == {"signed_in": 1, "used": 49}
    assert "sessions: 1" in service.manage("shell", "-c", _COUNT)

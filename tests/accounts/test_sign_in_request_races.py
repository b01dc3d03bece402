"""What many do at once: one session, one answer, one request, five approvals."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from accounts.models import Session, SignInRequest
from accounts.services.sign_in_requests import pick_up, start_request
from accounts.services.sign_in_requests_answers import approve_request, find_asked, refuse_request
from accounts.services.sign_in_requests_codes import link_of
from tests.support.accounts.people import make
from tests.support.accounts.waiting import COOKIE, Waiting
from tests.support.racing import at_once, numbered

pytestmark = pytest.mark.django_db(transaction=True)


def started(count: int) -> list[str]:
    """Return the secrets of browsers that wait."""
    return [start_request(secret="", address=None, user_agent="").secret for _ in range(count)]


def approved(user: Any, secret: str) -> str:
    asked = find_asked(user=user, key=link_of(secret))
    assert asked is not None
    return approve_request(asked=asked, user=user, is_mine=False, is_once=False)


def test_of_fifty_browsers_with_one_cookie_one_is_signed_in() -> None:
    ada = make("ada")
    first = Waiting().begin()
    approved(ada, first.secret)
    twins = [Waiting() for _ in range(50)]
    for twin in twins:
        twin.client.cookies[COOKIE] = first.secret
    answers = at_once([twin.poll for twin in twins])
    assert Counter(answer["state"] for answer in answers) == {"signed_in": 1, "used": 49}
    assert Session.objects.filter(user=ada, method="device").count() == 1


def test_of_fifty_pick_ups_one_takes_it() -> None:
    ada = make("ada")
    (secret,) = started(1)
    approved(ada, secret)
    found = at_once([lambda: pick_up(secret=secret)] * 50)
    assert sum(one is not None for one in found) == 1


def test_of_eight_approvals_at_once_five_count() -> None:
    ada = make("ada")
    secrets = started(8)
    found = at_once(numbered(8, lambda number: approved(ada, secrets[number])))
    assert Counter(found) == {"approved": 5, "too_many": 3}
    assert SignInRequest.objects.filter(status=SignInRequest.Status.APPROVED).count() == 5


def test_of_many_answers_at_once_one_counts() -> None:
    people = [make(f"member{number}") for number in range(8)]
    (secret,) = started(1)
    link = link_of(secret)

    def answer(number: int) -> bool:
        asked = find_asked(user=people[number], key=link)
        assert asked is not None
        if number % 2:
            return refuse_request(asked=asked, user=people[number])
        return approved(people[number], secret) == "approved"

    assert sum(at_once(numbered(8, answer))) == 1
    assert SignInRequest.objects.get().status in ("approved", "refused")


def test_a_browser_whose_tabs_ask_at_once_has_one_request() -> None:
    make("ada")
    waiting = Waiting()
    waiting.open()
    for _round in range(2):
        tabs = [Waiting() for _ in range(8)]
        for tab in tabs:
            tab.client.cookies[COOKIE] = waiting.secret
        assert {
            answer.status_code for answer in at_once([lambda tab=tab: tab.press("/login/device") for tab in tabs])
        } == {302}
        live = SignInRequest.objects.filter(status=SignInRequest.Status.WAITING)
        assert live.count() == 1
        assert len({tab.secret for tab in tabs}) == 1
        # Again with one that is over: its successor is the same for all of them.
        live.update(status=SignInRequest.Status.CANCELLED)
        waiting.client.cookies[COOKIE] = tabs[0].secret

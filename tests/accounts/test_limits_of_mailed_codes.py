"""How many codes come by mail, and how often one may guess at them."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from accounts.exceptions import WrongCode
from accounts.models import LoginCode, User
from accounts.services import code_digests, code_requests, code_use
from accounts.services.codes import list_codes, make_code
from tests.support.accounts.mailed_codes import ADDRESS, SENT, WAITING, ask, mailed, switch_on, work
from tests.support.accounts.people import browser, make
from tests.support.racing import one_while_the_other_is_not_through

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mail(settings: Any) -> None:
    switch_on(settings)


@pytest.fixture
def ada() -> User:
    return make("ada", email=ADDRESS, email_verified=True)


# L06
def test_five_wrong_entries_end_the_codes_of_that_browser(ada: User) -> None:
    client, other = browser(), browser()
    mail, others = mailed(client), mailed(other)
    for wrong in range(code_use.MAX_WRONG):
        assert LoginCode.objects.count() == 2, wrong
        assert client.post("/lc", {"code": "222-222"}).status_code == 400
    assert client.post("/lc", {"code": mail["code"]}).status_code == 400
    assert other.post("/lc", {"code": others["code"]}).status_code == 302


# L06
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("before", "works"), [(code_use.MAX_WRONG - 2, True), (code_use.MAX_WRONG - 1, False)])
def test_a_guess_counts_the_wrong_one_of_the_same_instant(ada: User, before: int, works: bool) -> None:
    secret, how = code_digests.new_browser(), LoginCode.How.REQUESTED
    lifetime, digest = timedelta(minutes=5), code_digests.browser_digest(secret)
    code = make_code(user=ada, how=how, lifetime=lifetime, sent_to=ADDRESS, browser=digest).code
    LoginCode.objects.update(wrong_entries=before)

    def guess(typed: str) -> bool:
        try:
            code_use.enter_code(typed=typed, browser=secret)
        except WrongCode:
            return False
        return True

    assert one_while_the_other_is_not_through(lambda: guess("222-222"), lambda: guess(code)) == [False, works]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("before", "sent"), [(code_requests.MAX_LIVE - 2, 2), (code_requests.MAX_LIVE - 1, 1)])
def test_two_requests_that_are_answered_at_once_count_each_other(ada: User, before: int, sent: int) -> None:
    for _ in range(before):
        mailed(browser())
    for _ in range(2):
        ask(browser())
    first, second = (partial(task.call, *args) for task, args in WAITING)
    one_while_the_other_is_not_through(first, second)
    assert len(SENT) == sent


def test_strangers_fill_no_mailbox(ada: User) -> None:
    for _ in range(code_requests.MAX_LIVE + 3):
        ask(browser())
        work()
    assert len(SENT) == code_requests.MAX_LIVE


def test_who_burns_codes_gets_no_more_of_them(ada: User) -> None:
    for _ in range(code_requests.MAX_LIVE + 3):
        client = browser()
        ask(client)
        work()
        for _ in range(code_use.MAX_WRONG):
            client.post("/lc", {"code": "222-222"})
    assert len(SENT) == code_requests.MAX_LIVE


def test_who_uses_codes_gets_more_of_them(ada: User) -> None:
    for _ in range(code_requests.MAX_LIVE + 3):
        client = browser()
        assert client.post("/lc", {"code": mailed(client)["code"]}).status_code == 302


@pytest.mark.parametrize(("wrong", "status"), [(code_use.MAX_WRONG - 1, 302), (code_use.MAX_WRONG, 404)])
def test_wrong_entries_end_the_link_in_the_mail_too(ada: User, wrong: int, status: int) -> None:
    client = browser()
    mail = mailed(client)
    for _ in range(wrong):
        client.post("/lc", {"code": "222-222"})
    assert len(list_codes(user=ada)) == (1 if status == 302 else 0)
    assert client.post("/lc/" + mail["link"].rpartition("/lc/")[2]).status_code == status


def test_an_address_may_ask_five_times_and_then_every_five_minutes(ada: User, settings: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_RATE_LIMIT = "config.requests.rate_limit.rate_limit"
    statuses = [ask(browser(), f"{number}@example.com").status_code for number in range(6)]
    assert statuses == [200] * 5 + [429]
    assert browser().get("/login/code").status_code == 200

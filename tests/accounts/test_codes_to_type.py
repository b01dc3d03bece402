"""Codes that are typed: how they look, where they work, and what a wrong one costs."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.exceptions import CodesPaused, WrongCode
from accounts.models import CodeGuard, LoginCode, User
from accounts.services import code_digests, code_guard, code_use, codes
from tests.support.accounts.people import browser, events, every_stored_text, make, superuser
from tests.support.racing import at_once

pytestmark = pytest.mark.django_db

WRONG = "2222-2222-2222"


@pytest.fixture
def ada() -> User:
    return make("ada", email="ada@example.com", email_verified=True)


def enter(client: Client, typed: str, **more: str) -> Any:
    return client.post("/lc", {"code": typed, **more})


# L06
def test_an_operators_code_has_twelve_unambiguous_characters_and_a_token_of_128_bits(ada: User) -> None:
    for _ in range(50):
        made = codes.create_code(user=ada, actor=None)
        assert re.fullmatch(r"[2-9A-HJKMNP-TV-Z]{4}(-[2-9A-HJKMNP-TV-Z]{4}){2}", made.code)
        token = made.link.rsplit("/", 1)[1]
        assert len(token) == 22
        assert made.code.replace("-", "") not in token
    assert not set("01OILU") & set(code_digests.ALPHABET)


@pytest.mark.parametrize(
    "typed",
    [
        lambda code: code,
        lambda code: code.lower(),
        lambda code: code.replace("-", ""),
        lambda code: f"  {code.replace('-', ' ')} \t",
        lambda code: code.replace("-", "–"),
        lambda code: " - ".join(code.replace("-", "").swapcase()),
    ],
)
def test_case_spaces_and_dashes_do_not_matter(ada: User, typed: Any) -> None:
    made = codes.create_code(user=ada, actor=None)
    client = browser()
    assert enter(client, typed(made.code)).status_code == 302
    assert client.session["_auth_user_id"] == str(ada.pk)
    assert client.session["hearthkey_auth"]["method"] == "code"
    assert client.session["hearthkey_auth"]["source"] == "operator"


def test_one_character_less_or_another_is_wrong_and_uses_nothing_up(ada: User) -> None:
    made = codes.create_code(user=ada, actor=None)
    other = ("3" if made.code[0] != "3" else "4") + made.code[1:]
    for wrong in (made.code[:-1], other, made.code[:7], "", "é" * 12, "\x00" * 12, "x" * 5000):
        response = enter(browser(), wrong)
        assert response.status_code == 400
        assert "This code is incorrect" in response.content.decode()
    assert enter(browser(), made.code).status_code == 302


def test_link_and_code_are_one(ada: User) -> None:
    made = codes.create_code(user=ada, actor=None)
    path = "/" + made.link.split("/", 3)[3]
    assert enter(browser(), made.code).status_code == 302
    assert browser().post(path).status_code == 404
    made = codes.create_code(user=ada, actor=None)
    assert browser().post("/" + made.link.split("/", 3)[3]).status_code == 302
    assert enter(browser(), made.code).status_code == 400


# L06
def test_neither_code_nor_token_is_stored_nor_a_digest_that_needs_no_key(ada: User, settings: Any) -> None:
    made = codes.create_code(user=ada, actor=None)
    plain = made.code.replace("-", "")
    stored = every_stored_text()
    for secret in (made.code, plain, made.link.rsplit("/", 1)[1]):
        assert secret not in stored
    before = code_digests.code_digest(plain)
    assert before in stored
    settings.SECRET_KEY = "another key"
    assert code_digests.code_digest(plain) != before


def test_looking_at_the_page_consumes_nothing_and_says_who_is_signed_in(ada: User) -> None:
    made = codes.create_code(user=ada, actor=None)
    client = browser(make("bob"))
    for _ in range(3):
        text = client.get(f"/lc?code={made.code}").content.decode()
        assert "You're signed in as bob" in text
    assert LoginCode.objects.count() == 1
    assert enter(client, made.code).status_code == 302
    assert client.session["_auth_user_id"] == str(ada.pk)


@pytest.mark.parametrize(
    ("wanted", "arrives"),
    [("/account/passkeys/", "/account/passkeys/"), ("https://evil.example/", "/account/"), ("", "/account/")],
)
def test_the_page_goes_on_where_the_person_was_heading(ada: User, wanted: str, arrives: str) -> None:
    made = codes.create_code(user=ada, actor=None)
    response = enter(browser(), made.code, next=wanted)
    assert response.headers["Location"] == arrives


def test_the_answers_reach_no_cache_and_no_other_site(ada: User) -> None:
    made = codes.create_code(user=ada, actor=None)
    client = browser()
    for response in (client.get("/lc"), enter(client, WRONG), enter(client, made.code)):
        assert "no-store" in response.headers["Cache-Control"]
        assert response.headers["Referrer-Policy"] == "strict-origin"


def test_an_entry_needs_the_forms_own_token(ada: User) -> None:
    made = codes.create_code(user=ada, actor=None)
    assert enter(Client(enforce_csrf_checks=True), made.code).status_code == 403
    assert LoginCode.objects.count() == 1


# L06
def test_an_address_has_five_entries_and_then_one_in_ten_seconds(ada: User, settings: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_RATE_LIMIT = "config.requests.rate_limit.rate_limit"
    made = codes.create_code(user=ada, actor=None)
    answers = [enter(browser(), WRONG) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [400] * 5 + [429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 10
    assert browser().get("/lc").status_code == 200
    assert enter(browser(), made.code).status_code == 429
    assert Client(REMOTE_ADDR="198.51.100.7").post("/lc", {"code": made.code}).status_code == 302


def _wrong(times: int) -> None:
    for _ in range(times):
        with pytest.raises(WrongCode):
            code_use.enter_code(typed=WRONG)


# L06
def test_after_a_hundred_wrong_ones_codes_pause_a_minute_and_operators_are_told(ada: User) -> None:
    made = codes.create_code(user=ada, actor=None)
    link = codes.create_code(user=ada, actor=None).link
    _wrong(99)
    assert events("login_codes_paused") == []
    assert not code_guard.is_being_guessed()
    _wrong(1)
    assert [event.data["wrong"] for event in events("login_codes_paused")] == [100]
    assert code_guard.is_being_guessed()
    response = enter(browser(), made.code)
    assert response.status_code == 429
    assert 1 <= int(response.headers["Retry-After"]) <= 60
    assert "or open the link" in response.content.decode()
    assert "Someone is guessing sign-in codes" in browser(superuser()).get("/admin/").content.decode()
    # A link is not guessed.
    assert browser().post("/" + link.split("/", 3)[3]).status_code == 302
    # A minute later it works, the hour after its hundred included.
    CodeGuard.objects.update(paused_until=timezone.now() - timedelta(seconds=1))
    assert enter(browser(), made.code).status_code == 302


def test_after_the_pause_one_more_wrong_one_pauses_again_and_is_no_news() -> None:
    _wrong(100)
    CodeGuard.objects.update(paused_until=timezone.now() - timedelta(seconds=1))
    _wrong(1)
    with pytest.raises(CodesPaused):
        code_use.enter_code(typed=WRONG)
    assert len(events("login_codes_paused")) == 1


def test_what_was_typed_an_hour_ago_counts_no_more() -> None:
    _wrong(99)
    guard = CodeGuard.objects.get()
    guard.recent = [at - 3601 for at in guard.recent]
    guard.save()
    _wrong(2)
    assert len(CodeGuard.objects.get().recent) == 2
    assert events("login_codes_paused") == []


def test_a_right_code_is_no_wrong_one(ada: User) -> None:
    for _ in range(3):
        code_use.enter_code(typed=codes.create_code(user=ada, actor=None).code)
    assert CodeGuard.objects.get().recent == []


# L06
@pytest.mark.django_db(transaction=True)
def test_the_hundredth_is_the_hundredth_when_fifty_come_at_once() -> None:
    def enter_wrong() -> str:
        try:
            code_use.enter_code(typed=WRONG)
        except (WrongCode, CodesPaused) as error:
            return error.code
        return "in"

    _wrong(90)
    answers = at_once([enter_wrong] * 50)
    assert sorted(answers) == ["codes_paused"] * 40 + ["wrong_code"] * 10


# L06
@pytest.mark.django_db(transaction=True)
def test_of_fifty_simultaneous_entries_by_link_and_by_code_one_works() -> None:
    made = codes.create_code(user=make("ada"), actor=None)
    path = "/" + made.link.split("/", 3)[3]
    by_code, by_link = (lambda: enter(browser(), made.code).status_code), (lambda: browser().post(path).status_code)
    statuses = at_once([by_code, by_link] * 25)
    assert statuses.count(302) == 1
    assert set(statuses) <= {302, 400, 404}
    assert len(events("login_code_used")) == 1

"""Codes that members ask for by mail, where the operator allows that."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.exceptions import WrongCode
from accounts.models import CodeRequest, LoginCode, User
from accounts.services import code_digests, code_requests, code_use
from accounts.services.codes import list_codes, make_code
from tests.sql_counts import counted_sql

from .people import browser, events, every_stored_text, make

pytestmark = pytest.mark.django_db

ADDRESS = "ada@example.com"
SENT: list[tuple[str, str, Mapping[str, Any]]] = []
WAITING: list[tuple[Any, tuple[Any, ...]]] = []


def take_mail(kind: str, *, user: Any, to: str, variables: Mapping[str, Any]) -> bool:
    SENT.append((kind, to, variables))
    return True


def decline_mail(kind: str, *, user: Any, to: str, variables: Mapping[str, Any]) -> bool:
    return False


def take_task(task: Any, *args: Any, **kwargs: Any) -> None:
    WAITING.append((task, args))


def work() -> None:
    """Do what the worker does."""
    while WAITING:
        task, args = WAITING.pop(0)
        task.call(*args)


def yes() -> bool:
    return True


def no() -> bool:
    return False


@pytest.fixture(autouse=True)
def _mail(settings: Any) -> None:
    SENT.clear()
    WAITING.clear()
    settings.HEARTHKEY_ACCOUNTS_CODES_BY_MAIL = True
    settings.HEARTHKEY_ACCOUNTS_SEND_MAIL = f"{__name__}.take_mail"
    settings.HEARTHKEY_ACCOUNTS_MAIL_IS_ON = f"{__name__}.yes"
    settings.HEARTHKEY_ACCOUNTS_ENQUEUE = f"{__name__}.take_task"


@pytest.fixture
def ada() -> User:
    return make("ada", email=ADDRESS, email_verified=True)


def ask(client: Client, address: str = ADDRESS, **more: str) -> Any:
    return client.post("/login/code", {"email": address, **more})


def mailed(client: Client) -> Mapping[str, Any]:
    """Ask in this browser and return what the mail holds."""
    assert ask(client).status_code == 200
    work()
    kind, to, variables = SENT.pop()
    assert (kind, to) == ("login_code_requested", ADDRESS)
    return variables


@pytest.mark.usefixtures("ada")
def test_the_page_exists_only_where_it_is_switched_on_and_mail_is(settings: Any) -> None:
    assert browser().get("/login/code").status_code == 200
    assert "Get a code by mail" in browser().get("/login/other").content.decode()
    assert "Get a code by mail" in browser().get("/lc").content.decode()
    for name, value in (("CODES_BY_MAIL", False), ("MAIL_IS_ON", f"{__name__}.no")):
        was = getattr(settings, f"HEARTHKEY_ACCOUNTS_{name}")
        setattr(settings, f"HEARTHKEY_ACCOUNTS_{name}", value)
        assert browser().get("/login/code").status_code == 404
        assert ask(browser()).status_code == 404
        assert "Get a code by mail" not in browser().get("/login/other").content.decode()
        assert "Get a code by mail" not in browser().get("/lc").content.decode()
        setattr(settings, f"HEARTHKEY_ACCOUNTS_{name}", was)


@pytest.mark.usefixtures("ada")
def test_who_sat_here_before_knows_nothing_of_the_code_after_theirs() -> None:
    """What the browser keeps is another for each code, unless two are on their way at once."""
    client = browser()
    kept = []
    for number in range(3):
        mail = mailed(client)
        kept.append(client.cookies["hearthkey_code"].value)
        if number:
            assert client.post("/lc", {"code": mail["code"]}).status_code == 302
            assert client.cookies["hearthkey_code"].value == ""
            client.logout()
    assert kept[0] == kept[1]
    assert kept[2] != kept[0]
    client.cookies["hearthkey_code"] = kept[0]
    LoginCode.objects.all().delete()
    ask(client)
    assert client.cookies["hearthkey_code"].value != kept[0]


@pytest.mark.usefixtures("ada")
def test_a_code_that_was_typed_wrongly_stays_to_be_corrected() -> None:
    client = browser()
    assert 'value="9RT-XW&quot;"' in client.post("/lc", {"code": '9RT-XW"'}).content.decode()
    assert 'value=""' in client.get("/lc").content.decode()


def test_it_is_off_unless_an_operator_says_otherwise(settings: Any) -> None:
    del settings.HEARTHKEY_ACCOUNTS_CODES_BY_MAIL
    assert not code_requests.is_offered()


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("address", [ADDRESS, "nobody@example.com"])
def test_the_code_is_short_and_works_in_the_browser_that_asked(address: str) -> None:
    client = browser()
    ask(client, address, next="/account/passkeys/")
    work()
    assert len(SENT) == (address == ADDRESS)
    if not SENT:
        return
    code = SENT[0][2]["code"]
    assert re.fullmatch(r"[2-9A-HJKMNP-TV-Z]{3}-[2-9A-HJKMNP-TV-Z]{3}", code)
    response = client.post("/lc", {"code": code.lower(), "next": "/account/passkeys/"})
    assert response.headers["Location"] == "/account/passkeys/"
    entry = client.session["hearthkey_auth"]
    assert (entry["method"], entry["source"], entry["at"]) == ("code", "mail", None)
    assert [event.data["how"] for event in events("login_code_used")] == ["requested"]


# L06
def test_code_and_link_work_in_no_other_browser_and_are_not_used_up_there(ada: User) -> None:
    client = browser()
    mail = mailed(client)
    path = "/" + mail["link"].split("/", 3)[3]
    stranger, asker = browser(), browser()
    ask(asker, "nobody@example.com")
    for other in (stranger, asker):
        assert other.post("/lc", {"code": mail["code"]}).status_code == 400
        for response in (other.get(path), other.post(path)):
            assert response.status_code == 403
            text = response.content.decode()
            assert "only in the browser that asked" in text
            # The reference is random, and may spell her name.
            assert "ada" not in re.sub(r"<code>[0-9a-f]{32}</code>", "", text.replace(ADDRESS, ""))
    assert client.get(path).status_code == 200
    assert client.post(path).status_code == 302
    assert client.session["_auth_user_id"] == str(ada.pk)


# A08, L06
def test_answer_cookie_and_statements_are_the_same_for_every_address(ada: User) -> None:
    make("staff", email="staff@example.com", email_verified=True, is_staff=True)
    make("root", email="root@example.com", email_verified=True, is_superuser=True)
    make("unproved", email="unproved@example.com")
    gone = make("gone", email="gone@example.com", email_verified=True)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    told = set()
    for name in ("ada", "ADA", "nobody", "staff", "root", "unproved", "gone"):
        address = f"{name}@example.com"
        client = browser()
        client.get("/login/code")
        with counted_sql() as statements:
            response = ask(client, address)
        text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())
        text = re.sub(r"Reference.*", "", text.replace(address, "ADDRESS"))
        cookies = tuple((key, len(morsel.value), morsel["max-age"]) for key, morsel in sorted(response.cookies.items()))
        kinds = tuple(statement.split(" ", 1)[0] for statement in statements)
        told.add((response.status_code, text, kinds, tuple(name for name, *_ in cookies)))
        work()
    assert len(told) == 1
    assert [to for _kind, to, _variables in SENT] == [ADDRESS] * 2


def test_nobody_looks_for_the_member_before_the_answer_is_out(ada: User) -> None:
    with counted_sql() as statements:
        ask(browser())
    # That there is anybody at all is asked for every page.
    assert [statement for statement in statements if "_user" in statement and "LIMIT 1" not in statement] == []
    assert CodeRequest.objects.count() == 1
    assert not LoginCode.objects.exists()
    work()
    assert not CodeRequest.objects.exists()
    assert LoginCode.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "gets_one"),
    [
        ({}, True),
        ({"is_staff": True}, False),
        ({"is_superuser": True}, False),
        ({"is_active": False}, False),
        ({"email_verified": False}, False),
        ({"email": "other@example.com"}, False),
    ],
)
def test_who_gets_one(ada: User, change: dict[str, Any], gets_one: bool) -> None:
    User.objects.filter(pk=ada.pk).update(**change)
    ask(browser())
    work()
    assert bool(SENT) is gets_one
    assert LoginCode.objects.exists() is gets_one


@pytest.mark.parametrize(
    ("change", "works"),
    [
        ({}, True),
        ({"is_staff": True}, False),
        ({"is_active": False}, False),
        ({"email": "other@example.com"}, False),
    ],
)
def test_what_changes_after_the_mail_counts(ada: User, change: dict[str, Any], works: bool) -> None:
    client = browser()
    mail = mailed(client)
    User.objects.filter(pk=ada.pk).update(**change)
    assert client.post("/lc", {"code": mail["code"]}).status_code == (302 if works else 400)


def test_switching_it_off_ends_the_codes_that_are_on_their_way(ada: User, settings: Any) -> None:
    client = browser()
    mail = mailed(client)
    settings.HEARTHKEY_ACCOUNTS_CODES_BY_MAIL = False
    assert client.post("/lc", {"code": mail["code"]}).status_code == 400


# L06
@pytest.mark.parametrize(("age", "works"), [(timedelta(minutes=14, seconds=50), True), (timedelta(minutes=15), False)])
def test_it_ends_fifteen_minutes_after_it_was_asked_for(ada: User, age: timedelta, works: bool) -> None:
    client = browser()
    mail = mailed(client)
    LoginCode.objects.update(expires_at=LoginCode.objects.get().expires_at - age)
    assert client.post("/lc", {"code": mail["code"]}).status_code == (302 if works else 400)


def test_a_worker_that_comes_too_late_mails_nothing(ada: User) -> None:
    ask(browser())
    CodeRequest.objects.update(created_at=timezone.now() - timedelta(minutes=15))
    work()
    assert SENT == []
    assert not CodeRequest.objects.exists()


def test_a_request_is_answered_once_however_often_its_job_runs(ada: User) -> None:
    ask(browser())
    ((task, args),) = WAITING
    for _ in range(3):
        task.call(*args)
    assert len(SENT) == 1


# L06
def test_five_wrong_entries_end_the_codes_of_that_browser(ada: User) -> None:
    client, other = browser(), browser()
    mail, others = mailed(client), mailed(other)
    for wrong in range(code_use.MAX_WRONG):
        assert LoginCode.objects.count() == 2, wrong
        assert client.post("/lc", {"code": "222-222"}).status_code == 400
    assert client.post("/lc", {"code": mail["code"]}).status_code == 400
    assert other.post("/lc", {"code": others["code"]}).status_code == 302


def one_while_the_other_is_not_through(first: Callable[[], Any], second: Callable[[], Any]) -> list[Any]:
    """Do ``second`` while what ``first`` wrote is not committed yet, and return what both return."""
    is_written = threading.Event()

    def leading() -> Any:
        try:
            with transaction.atomic():
                outcome = first()
                is_written.set()
                time.sleep(0.5)
            return outcome
        finally:
            connection.close()

    def following() -> Any:
        try:
            assert is_written.wait(10)
            return second()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        return [done.result(30) for done in (threads.submit(leading), threads.submit(following))]


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
    settings.HEARTHKEY_ACCOUNTS_RATE_LIMIT = "config.adapters.rate_limit"
    statuses = [ask(browser(), f"{number}@example.com").status_code for number in range(6)]
    assert statuses == [200] * 5 + [429]
    assert browser().get("/login/code").status_code == 200


def test_nothing_that_opens_the_account_is_stored_or_told(ada: User) -> None:
    client = browser()
    mail = mailed(client)
    (cookie,) = [morsel for name, morsel in client.cookies.items() if name.endswith("hearthkey_code")]
    stored = every_stored_text()
    for secret in (mail["code"], mail["code"].replace("-", ""), mail["link"].rsplit("/", 1)[1], cookie.value):
        assert secret not in stored
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")


def test_on_https_the_cookie_is_one_that_no_other_host_can_set(ada: User, settings: Any) -> None:
    settings.SESSION_COOKIE_SECURE = True
    (cookie,) = [morsel for name, morsel in ask(browser()).cookies.items() if name == "__Host-hearthkey_code"]
    assert cookie["secure"]


def test_the_trail_says_from_where_it_was_asked_for(ada: User) -> None:
    mailed(Client(REMOTE_ADDR="198.51.100.7"))
    (created,) = events("login_code_created")
    (sent,) = events("login_code_sent")
    assert created.data["how"] == sent.data["how"] == "requested"
    assert sent.subject_id == str(ada.pk)
    assert sent.data["from_address"] == "198.51.100.7"


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize(
    "address", ["", "no address", "a@b", "x" * 300 + "@example.com", "ada@example.com\nBcc: x@y.z"]
)
def test_what_is_no_address_is_asked_for_again(address: str) -> None:
    response = ask(browser(), address)
    assert response.status_code == 400
    assert not WAITING


def test_a_request_needs_the_forms_own_token(ada: User) -> None:
    assert ask(Client(enforce_csrf_checks=True)).status_code == 403
    assert not WAITING


@pytest.mark.usefixtures("ada")
def test_a_code_whose_mail_is_declined_is_neither_made_nor_sent(settings: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_SEND_MAIL = f"{__name__}.decline_mail"
    assert ask(browser()).status_code == 200
    work()
    assert not LoginCode.objects.exists()
    assert not CodeRequest.objects.exists()
    assert not [*events("login_code_created"), *events("login_code_sent")]
    settings.HEARTHKEY_ACCOUNTS_SEND_MAIL = f"{__name__}.take_mail"
    mailed(browser())
    assert LoginCode.objects.count() == 1
    assert len(events("login_code_created")) == len(events("login_code_sent")) == 1

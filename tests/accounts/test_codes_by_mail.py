"""Codes that members ask for by mail, where the operator allows that."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone

from accounts.models import CodeRequest, LoginCode, User
from accounts.services import code_requests
from tests.support.accounts import mailed_codes
from tests.support.accounts.mailed_codes import ADDRESS, SENT, WAITING, ask, mailed, switch_on, work
from tests.support.accounts.people import browser, events, every_stored_text, make
from tests.support.sql_counts import counted_sql

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mail(settings: Any) -> None:
    switch_on(settings)


@pytest.fixture
def ada() -> User:
    return make("ada", email=ADDRESS, email_verified=True)


@pytest.mark.usefixtures("ada")
def test_the_page_exists_only_where_it_is_switched_on_and_mail_is(settings: Any) -> None:
    assert browser().get("/login/code").status_code == 200
    assert "Email me a code" in browser().get("/login/other").content.decode()
    assert "Email me a code" in browser().get("/lc").content.decode()
    for name, value in (("CODES_BY_MAIL", False), ("MAIL_IS_ON", f"{mailed_codes.__name__}.no")):
        was = getattr(settings, f"HEARTHKEY_ACCOUNTS_{name}")
        setattr(settings, f"HEARTHKEY_ACCOUNTS_{name}", value)
        assert browser().get("/login/code").status_code == 404
        assert ask(browser()).status_code == 404
        assert "Email me a code" not in browser().get("/login/other").content.decode()
        assert "Email me a code" not in browser().get("/lc").content.decode()
        setattr(settings, f"HEARTHKEY_ACCOUNTS_{name}", was)


def secret_in(client: Client) -> str:
    """Return what the browser keeps, without when it was given."""
    return str(client.cookies["hearthkey_code"].value).split(":")[0]


def given_ago(client: Client, age: timedelta) -> None:
    """Make the browser's cookie so old."""
    signer = signing.get_cookie_signer(salt="hearthkey_code")
    signer.timestamp = lambda: signing.b62_encode(int(time.time() - age.total_seconds()))
    client.cookies["hearthkey_code"] = signer.sign(secret_in(client))


# A08, L06
@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("address", [ADDRESS, "nobody@example.com"])
@pytest.mark.parametrize(("minutes", "stays"), [(14, True), (16, False)])
def test_who_sat_here_before_knows_nothing_of_a_later_code_whosever_address_it_is(
    address: str, minutes: int, stays: bool
) -> None:
    """What the browser keeps is another once no code can come for it, and tells nobody whether one did."""
    client = browser()
    ask(client, address)
    first = secret_in(client)
    work()
    given_ago(client, timedelta(minutes=minutes))
    ask(client, address)
    assert (secret_in(client) == first) is stays


@pytest.mark.usefixtures("ada")
def test_a_browsers_secret_goes_when_its_code_was_used() -> None:
    client = browser()
    assert client.post("/lc", {"code": mailed(client)["code"]}).status_code == 302
    assert client.cookies["hearthkey_code"].value == ""


@pytest.mark.usefixtures("ada")
def test_a_secret_that_is_not_of_our_making_is_none() -> None:
    client = browser()
    client.cookies["hearthkey_code"] = "chosen by somebody who sat here before"
    assert client.post("/lc", {"code": mailed(client)["code"]}).status_code == 302
    other = browser()
    mail = mailed(other)
    other.cookies["hearthkey_code"] = secret_in(other)
    assert other.post("/lc", {"code": mail["code"]}).status_code == 400


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
            assert "only works in the browser that requested it" in text
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


def test_nothing_that_opens_the_account_is_stored_or_told(ada: User) -> None:
    client = browser()
    mail = mailed(client)
    (cookie,) = [morsel for name, morsel in client.cookies.items() if name.endswith("hearthkey_code")]
    stored = every_stored_text()
    for secret in (mail["code"], mail["code"].replace("-", ""), mail["link"].rsplit("/", 1)[1], secret_in(client)):
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
    settings.HEARTHKEY_ACCOUNTS_SEND_MAIL = f"{mailed_codes.__name__}.decline_mail"
    assert ask(browser()).status_code == 200
    work()
    assert not LoginCode.objects.exists()
    assert not CodeRequest.objects.exists()
    assert not [*events("login_code_created"), *events("login_code_sent")]
    settings.HEARTHKEY_ACCOUNTS_SEND_MAIL = f"{mailed_codes.__name__}.take_mail"
    mailed(browser())
    assert LoginCode.objects.count() == 1
    assert len(events("login_code_created")) == len(events("login_code_sent")) == 1

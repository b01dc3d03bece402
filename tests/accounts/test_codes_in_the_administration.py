"""Operators make, show, mail, list and withdraw one-time codes; every one is told with their name."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import LoginCode, User
from accounts.services import code_use, codes
from tests.support.accounts.people import browser, events, make, superuser
from tests.support.passkey_sessions import begin_passkey_session

pytestmark = pytest.mark.django_db

SENT: list[tuple[str, str, Mapping[str, Any]]] = []


def take_mail(kind: str, *, user: Any, to: str, variables: Mapping[str, Any]) -> bool:
    SENT.append((kind, to, variables))
    return True


def refuse_mail(kind: str, *, user: Any, to: str, variables: Mapping[str, Any]) -> bool:
    return False


def yes() -> bool:
    return True


def no() -> bool:
    return False


@pytest.fixture(autouse=True)
def _mail(settings: Any) -> None:
    SENT.clear()
    settings.HEARTHKEY_ACCOUNTS_SEND_MAIL = f"{__name__}.take_mail"
    settings.HEARTHKEY_ACCOUNTS_MAIL_IS_ON = f"{__name__}.yes"


@pytest.fixture
def root() -> User:
    return superuser()


@pytest.fixture
def staff() -> User:
    return make("steve", is_staff=True, permissions=("view_user", "change_user"))


@pytest.fixture
def ada() -> User:
    return make("ada", email="ada@example.com")


def page_of(member: User, rest: str = "code/") -> str:
    return f"/admin/hearthkey_accounts/user/{member.pk}/{rest}"


@pytest.mark.parametrize(
    ("chosen", "lifetime"),
    [
        ("15m", timedelta(minutes=15)),
        ("1h", timedelta(hours=1)),
        ("12h", timedelta(hours=12)),
        ("1d", timedelta(days=1)),
        ("7d", timedelta(days=7)),
        ("", timedelta(hours=1)),
    ],
)
def test_the_lifetime_is_chosen(root: User, ada: User, chosen: str, lifetime: timedelta) -> None:
    client = browser(root)
    for path in (page_of(ada), page_of(ada, "code/mail/")):
        client.post(path, {"lifetime": chosen})
        code = LoginCode.objects.latest("created_at")
        assert abs(code.expires_at - timezone.now() - lifetime) < timedelta(seconds=30)
        code.delete()
    if chosen:
        call_command("login_code", "ada", "--lifetime", chosen, stdout=StringIO())
        assert abs(LoginCode.objects.get().expires_at - timezone.now() - lifetime) < timedelta(seconds=30)


@pytest.mark.parametrize("chosen", ["8d", "30d", "-1h", "0", "1h; 7d", "forever"])
def test_there_are_no_other_lifetimes(root: User, ada: User, chosen: str) -> None:
    assert browser(root).post(page_of(ada), {"lifetime": chosen}).status_code == 400
    browser(root).post(page_of(ada, "code/mail/"), {"lifetime": chosen})
    with pytest.raises(CommandError):
        call_command("login_code", "ada", "--lifetime", chosen, stdout=StringIO())
    assert not LoginCode.objects.exists()


def test_the_page_asks_how_and_consumes_nothing(root: User, ada: User) -> None:
    text = browser(root).get(page_of(ada)).content.decode()
    assert re.findall(r'<option value="(\w+)"', text) == ["15m", "1h", "12h", "1d", "7d"]
    assert 'value="Show code"' in text
    assert 'value="Email it to ada@example.com"' in text
    assert not LoginCode.objects.exists()


# L06
def test_it_is_shown_once_with_link_code_and_qr_code(root: User, ada: User) -> None:
    client = browser(root)
    response = client.post(page_of(ada), {"lifetime": "1d"})
    assert "no-store" in response.headers["Cache-Control"]
    text = html.unescape(response.content.decode())
    (link,) = re.findall(r'<code id="login-link">(http://localhost:1411/lc/[\w-]{22})</code>', text)
    (code,) = re.findall(r'<code id="login-code">(\S{14})</code>', text)
    assert re.search(r'<img src="data:image/svg\+xml', text)
    for path in (page_of(ada), page_of(ada, "change/"), "/admin/"):
        later = client.get(path).content.decode()
        assert code not in later
        assert link not in later
    assert code not in repr(dict(client.session.items()))
    assert browser().post("/lc", {"code": code}).status_code == 302


def test_it_is_mailed_and_not_shown(root: User, ada: User) -> None:
    response = browser(root).post(page_of(ada, "code/mail/"), {"lifetime": "1h"}, follow=True)
    text = response.content.decode()
    assert "has been sent to ada@example.com" in text
    ((kind, to, variables),) = SENT
    assert (kind, to) == ("login_code", "ada@example.com")
    assert variables["code"] not in text
    assert variables["link"] not in text
    assert browser().post("/lc", {"code": variables["code"]}).status_code == 302
    assert [event.data["how"] for event in events("login_code_used")] == ["mailed"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"mail": "no"}, "no mail server"),
        ({"email": ""}, "no email address"),
        ({"is_staff": True}, "Administrators can't receive codes by email"),
        ({"is_superuser": True}, "Administrators can't receive codes by email"),
        ({}, ""),
    ],
)
def test_who_can_be_mailed_one(root: User, ada: User, settings: Any, change: dict[str, Any], reason: str) -> None:
    if change.pop("mail", ""):
        settings.HEARTHKEY_ACCOUNTS_MAIL_IS_ON = f"{__name__}.no"
    User.objects.filter(pk=ada.pk).update(**change)
    client = browser(root)
    text = client.get(page_of(ada)).content.decode()
    assert ("Email it to" in text) is (not reason)
    assert reason in text
    client.post(page_of(ada, "code/mail/"))
    assert bool(SENT) is (not reason)
    assert LoginCode.objects.exists() is (not reason)


def test_a_mail_that_is_not_taken_leaves_no_code(root: User, ada: User, settings: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_SEND_MAIL = f"{__name__}.refuse_mail"
    text = browser(root).post(page_of(ada, "code/mail/"), follow=True).content.decode()
    assert "Email can&#x27;t be sent to this member" in text
    assert not LoginCode.objects.exists()
    assert events("login_code_created") == []


def test_a_mailed_code_ends_when_its_member_becomes_an_operator_or_the_address_is_another(root: User) -> None:
    for number, change in enumerate(({"is_staff": True}, {"email": "new@example.com"}, {})):
        member = make(f"m{number}", email=f"m{number}@example.com")
        codes.mail_code(user=member, actor=root)
        User.objects.filter(pk=member.pk).update(**change)
        status = browser().post("/lc", {"code": SENT[-1][2]["code"]}).status_code
        assert status == (400 if change else 302)


# A17, L05
def test_a_superusers_code_is_shown_to_a_superuser_after_a_step_up_only(root: User, staff: User) -> None:
    goal = superuser("other")
    browser(staff).post(page_of(goal))
    stale = browser()
    begin_passkey_session(stale, root, age=3600)
    answer = stale.post(page_of(goal))
    assert "login-link" not in answer.content.decode()
    assert not LoginCode.objects.exists()
    fresh = browser()
    begin_passkey_session(fresh, root, age=60)
    assert "login-link" in fresh.post(page_of(goal)).content.decode()


def test_a_session_that_a_code_began_makes_none(root: User, ada: User) -> None:
    made = codes.create_code(user=root, actor=None)
    client = browser()
    assert client.post("/lc", {"code": made.code}).status_code == 302
    for path in (page_of(ada), page_of(ada, "code/mail/")):
        client.post(path)
    assert not LoginCode.objects.exists()


def test_live_ones_are_listed_and_withdrawn(root: User, ada: User, staff: User) -> None:
    codes.create_code(user=ada, actor=staff)
    codes.create_code(user=ada, actor=None)
    LoginCode.objects.create(
        user=ada, how="shown", token_digest="t", code_digest="c", expires_at=timezone.now() - timedelta(seconds=1)
    )
    client = browser(root)
    text = client.get(page_of(ada, "change/")).content.decode()
    assert text.count(">Revoke</button>") == 2
    assert "steve" in text
    assert "command line" in text
    first = LoginCode.objects.get(how="shown", created_by=str(staff.pk))
    assert client.get(page_of(ada, f"code/{first.pk}/withdraw/")).status_code == 302
    assert LoginCode.objects.filter(pk=first.pk).exists()
    client.post(page_of(ada, f"code/{first.pk}/withdraw/"))
    assert not LoginCode.objects.filter(pk=first.pk).exists()
    (event,) = events("login_codes_withdrawn")
    assert (event.actor_id, event.subject_id, event.data["count"]) == (str(root.pk), str(ada.pk), 1)
    text = client.post(page_of(ada, f"code/{first.pk}/withdraw/"), follow=True).content.decode()
    assert "already been used or revoked" in text


def test_a_code_is_withdrawn_at_its_own_member_and_by_those_who_reach_them(root: User, ada: User, staff: User) -> None:
    goal = superuser("other")
    codes.create_code(user=goal, actor=root)
    code = LoginCode.objects.get()
    assert browser(staff).post(page_of(goal, f"code/{code.pk}/withdraw/")).status_code == 403
    browser(root).post(page_of(ada, f"code/{code.pk}/withdraw/"))
    assert LoginCode.objects.filter(pk=code.pk).exists()
    browser(root).post(page_of(goal, f"code/{code.pk}/withdraw/"))
    assert not LoginCode.objects.exists()


def test_nobody_makes_one_for_themselves(root: User) -> None:
    assert browser(root).get(page_of(root)).status_code == 403
    browser(root).post(page_of(root))
    assert not LoginCode.objects.exists()


def test_the_command_prints_the_code_when_asked(ada: User) -> None:
    out = StringIO()
    call_command("login_code", "ada", "--code", stdout=out)
    _link, code = out.getvalue().splitlines()
    assert code_use.enter_code(typed=code).user == ada


def test_made_sent_and_used_is_told_in_activity_with_the_operators_name(staff: User, ada: User) -> None:
    codes.mail_code(user=ada, actor=staff)
    client = browser()
    client.post("/lc", {"code": SENT[0][2]["code"]})
    text = html.unescape(client.get("/account/activity/").content.decode())
    assert "steve made a one-time sign-in code for you, to be mailed." in text
    assert "steve mailed a one-time sign-in code to you at ada@example.com." in text
    assert "The one-time sign-in code that steve made for you was used." in text
    for name in ("login_code_created", "login_code_sent", "login_code_used"):
        (event,) = events(name)
        assert event.subject_id == str(ada.pk)
        assert event.data["how"] == "mailed"
        assert SENT[0][2]["code"] not in repr(event.data)
        assert SENT[0][2]["link"] not in repr(event.data)
    assert events("login_code_used")[0].data["maker_name"] == "steve"


def test_a_stock_site_mails_the_apps_own_text(ada: User, settings: Any, mailoutbox: list[Any]) -> None:
    from django.test import TestCase  # noqa: PLC0415

    settings.HEARTHKEY_ACCOUNTS_SEND_MAIL = None
    with TestCase.captureOnCommitCallbacks(execute=True):
        codes.mail_code(user=ada, actor=None)
    (mail,) = mailoutbox
    assert mail.to == ["ada@example.com"]
    assert mail.subject == "Your sign-in code"
    (code,) = re.findall(r"\S{4}-\S{4}-\S{4}", mail.body)
    assert code_use.enter_code(typed=code).user == ada

"""Sessions that no passkey began: what they say of themselves, how long they live, and what they never pass."""

from __future__ import annotations

import html
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Session, User
from accounts.services import code_requests, codes
from oidc_clients.models import Client as RelyingParty
from oidc_clients.models import Grant
from passkeys.models import Passkey, SpentEnrolment, digest
from tests.support.accounts.people import browser, make, superuser
from tests.support.oidc_protocol.factories import ask, make_client
from tests.support.passkey_sessions import begin_passkey_session, passkey_of

pytestmark = pytest.mark.django_db

MAILED: list[str] = []
BANNER = "You signed in with a one-time code."


def take_mail(kind: str, *, user: Any, to: str, variables: Any) -> bool:
    MAILED.append(variables["code"])
    return True


def yes() -> bool:
    return True


def by_operator(member: User) -> Client:
    client = browser()
    client.post("/lc", {"code": codes.create_code(user=member, actor=None).code})
    return client


def by_mail(member: User) -> Client:
    client = browser()
    client.post("/login/code", {"email": member.email})
    client.post("/lc", {"code": MAILED.pop()})
    return client


def at_set_up(member: User) -> Client:
    client = by_operator(member)
    session = client.session
    session["hearthkey_auth"] = {**session["hearthkey_auth"], "method": "setup", "source": ""}
    session.save()
    return client


WAYS = pytest.mark.parametrize("way", [by_operator, by_mail, at_set_up])
Way = Callable[[User], Client]


def run_now(task: Any, *args: Any, **kwargs: Any) -> None:
    task.call(*args)


@pytest.fixture(autouse=True)
def _mail(settings: Any) -> None:
    MAILED.clear()
    settings.HEARTHKEY_ACCOUNTS_CODES_BY_MAIL = True
    settings.HEARTHKEY_ACCOUNTS_SEND_MAIL = f"{__name__}.take_mail"
    settings.HEARTHKEY_ACCOUNTS_MAIL_IS_ON = f"{__name__}.yes"
    settings.HEARTHKEY_ACCOUNTS_ENQUEUE = f"{__name__}.run_now"
    assert code_requests.is_offered()


@pytest.fixture
def ada() -> User:
    return make("ada", email="ada@example.com", email_verified=True)


def shown(client: Client, path: str = "/account/") -> str:
    return html.unescape(client.get(path).content.decode())


@WAYS
def test_every_page_says_it_and_for_how_long(way: Way, ada: User) -> None:
    client = way(ada)
    title = "You signed in without a passkey." if way is at_set_up else BANNER
    for path in ("/account/", "/account/passkeys/", "/account/activity/", "/logout", "/account/confirm"):
        text = shown(client, path)
        assert title in text, path
        assert "UTC at the latest" in text
    assert title not in shown(browser(make("bob")))
    assert title not in shown(browser(), "/login")


def test_a_page_that_a_client_leads_to_says_it_too(ada: User) -> None:
    client = by_operator(ada)
    response = ask(client, make_client())
    while response.status_code in (302, 303):
        response = client.get(response.headers["Location"])
    assert response.request["PATH_INFO"] == "/authorize"
    assert BANNER in response.content.decode()


@pytest.mark.parametrize(
    ("way", "has_one", "spent", "button", "advice"),
    [
        (by_operator, False, False, "Add a passkey", "you can't sign in again"),
        (by_operator, True, False, "Add a passkey", ""),
        (by_operator, True, True, "Confirm with a passkey", "use a passkey that you have"),
        (by_mail, False, False, "Add a passkey", "you can't sign in again"),
        (by_mail, True, False, "Confirm with a passkey", "ask the person who runs this service for a code"),
        (at_set_up, False, False, "Add a passkey", "you can't sign in again"),
    ],
)
def test_it_leads_to_what_helps(way: Way, has_one: bool, spent: bool, button: str, advice: str, ada: User) -> None:
    if has_one:
        passkey_of(ada)
    client = way(ada)
    if spent:
        SpentEnrolment.objects.create(pk=digest(client.session["hearthkey_auth"]["enrolment"].encode()))
    banner = shown(client).split('session-banner stack" role="status">')[1].split("</div>")[0]
    assert f">{button}</a>" in banner
    assert advice in banner
    assert ("Add a passkey" in banner) is (button == "Add a passkey")


@WAYS
def test_it_lasts_twelve_hours_however_it_is_used(way: Way, ada: User) -> None:
    client = way(ada)
    row = Session.objects.get(user=ada)
    assert timedelta(hours=11, minutes=59) < row.expires_at - timezone.now() <= timedelta(hours=12)
    client.get("/account/")
    Session.objects.filter(pk=row.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get("/account/").status_code == 302


# A17
@WAYS
@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"max_age": "1"}, {}),
        ({"max_age": "0"}, {}),
        ({"max_age": "100000"}, {}),
        ({"prompt": "login"}, {}),
        ({}, {"requires_fresh_passkey": True}),
        ({}, {}),
    ],
)
def test_a_client_that_wants_a_fresh_sign_in_gets_a_passkey_only(
    way: Way, changes: dict[str, str], fields: dict[str, Any], ada: User
) -> None:
    client: RelyingParty = make_client(skip_authorization=True, **fields)
    wants_one = bool(changes or fields)
    response = ask(way(ada), client, **changes)
    assert Grant.objects.exists() is not wants_one
    if wants_one:
        assert response.status_code in (302, 303)
        assert "code=" not in response.headers["Location"]
        if "prompt" not in changes:
            silent = ask(way(ada), client, prompt="none", **changes)
            assert "error=login_required" in silent.headers["Location"]
    # The twin: a passkey just used.
    Grant.objects.all().delete()
    fresh = browser()
    begin_passkey_session(fresh, ada)
    if "prompt" not in changes and changes.get("max_age") != "0":
        ask(fresh, client, **changes)
        assert Grant.objects.count() == 1


# L05
@WAYS
def test_it_passes_no_step_up(way: Way, ada: User) -> None:
    passkey = passkey_of(ada)
    other = Passkey.objects.get(pk=passkey.pk)
    other.pk, other.credential_id, other.credential_id_sha256 = None, b"another", digest(b"another")
    other._state.adding = True
    other.save()
    client = way(ada)
    remove = reverse("hearthkey_passkeys:passkey-remove", args=[passkey.pk])
    assert client.get(remove).headers["Location"].startswith("/account/confirm?next=")
    client.post(remove)
    assert Passkey.objects.filter(user=ada).count() == 2
    answer = client.post("/account/passkeys/add/options", "{}", content_type="application/json")
    expected = 200 if way is by_operator else 403
    assert answer.status_code == expected
    fresh = browser()
    begin_passkey_session(fresh, ada)
    assert fresh.get(remove).status_code == 200


# L05
def test_a_superusers_code_opens_no_administration() -> None:
    root = superuser()
    passkey_of(root)
    client = by_operator(root)
    for path in ("/admin/", f"/admin/hearthkey_accounts/user/{root.pk}/change/"):
        assert client.get(path).headers["Location"].startswith("/account/confirm?next=")
    assert browser(root).get("/admin/").status_code == 200


def test_the_session_says_where_its_code_came_from_and_names_an_enrolment(ada: User) -> None:
    entries = [way(ada).session["hearthkey_auth"] for way in (by_operator, by_mail, by_operator)]
    assert [entry["source"] for entry in entries] == ["operator", "mail", "operator"]
    assert len({entry["enrolment"] for entry in entries}) == 3
    assert all(entry["ends"] <= time.time() + 12 * 3600 for entry in entries)


# J12
@pytest.mark.parametrize("scheme", ["Bearer", "Basic", "Token"])
def test_no_token_adds_a_passkey(scheme: str, ada: User) -> None:
    code = codes.create_code(user=ada, actor=None)
    for secret in (code.code, code.link.rsplit("/", 1)[1]):
        answer = browser().post(
            "/account/passkeys/add/options",
            "{}",
            content_type="application/json",
            headers={"Authorization": f"{scheme} {secret}"},
        )
        assert answer.status_code == 401


def test_other_ways_are_linked_from_the_sign_in_page_and_keep_where_one_was_heading(ada: User, settings: Any) -> None:
    text = shown(browser(), "/login?next=/account/passkeys/")
    assert '/login/other?next=%2Faccount%2Fpasskeys%2F"' in text
    text = shown(browser(), "/login/other?next=/account/passkeys/")
    for path in ("/lc", "/login/code", "/login"):
        assert f'href="{path}?next=%2Faccount%2Fpasskeys%2F"' in text
    assert "Create an account" not in text
    settings.HEARTHKEY_ACCOUNTS_SIGN_UP = "open"
    assert "evil" not in shown(browser(), "/login/other?next=https://evil.example/")
    assert browser(ada).get("/login/other").status_code == 302


def test_ending_the_others_leaves_this_one(ada: User) -> None:
    here, there, strangers = by_operator(ada), by_operator(ada), by_operator(make("bob"))
    path = reverse("hearthkey_accounts:other-sessions-end")
    # Who had to sign in first comes back by a GET, which ends nothing.
    assert here.get(path).headers["Location"] == "/account/"
    response = here.post(path, {"next": "/account/passkeys/"})
    assert response.headers["Location"] == "/account/passkeys/"
    assert here.get("/account/").status_code == 200
    assert there.get("/account/").status_code == 302
    assert strangers.get("/account/").status_code == 200
    assert browser().post(path).headers["Location"].startswith("/login")


@pytest.mark.parametrize(("heading", "arrives"), [("a b", "/account/"), ("admin:index", "/account/"), ("/lc", "/lc")])
def test_what_is_no_address_leads_to_the_account(heading: str, arrives: str) -> None:
    here = browser(make("ada"))
    for answer in (
        here.get("/login/other", {"next": heading}),
        here.post("/account/sessions/others/end", {"next": heading}),
    ):
        assert (answer.status_code, answer.headers.get("Location")) == (302, arrives)

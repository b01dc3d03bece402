"""The one door of people's pages and operators': what waits, what counts, and how often."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from accounts.models import LoginCode, Session, User
from accounts.services.change_confirmation import demand_assertion, spend_assertion
from accounts.services.members import NewMember, create_member
from passkeys.models import Passkey
from tests.accounts.test_sessions_page import second_passkey
from tests.support.passkey_sessions import begin_passkey_session, passkey_of
from tests.support.racing import at_once

pytestmark = pytest.mark.django_db
ADD = "/admin/hearthkey_accounts/user/add/"
LATE = 16 * 60


@pytest.fixture
def ada() -> User:
    create_member(new=NewMember(username="root", is_superuser=True), actor=None)
    return create_member(new=NewMember(username="ada"), actor=None)


@pytest.fixture
def each_time(settings: Any) -> None:
    settings.HEARTHKEY_ADMIN_STEP_UP_WINDOW = timedelta(0)
    settings.HEARTHKEY_ACCOUNTS_STEP_UP_WINDOW = timedelta(0)
    settings.HEARTHKEY_PASSKEYS_STEP_UP_WINDOW = timedelta(0)


def by_passkey(user: User, age: float = 0) -> Client:
    client = Client()
    begin_passkey_session(client, user, age=age)
    return client


def confirm(client: Client, user: User, **entry: Any) -> None:
    """Use a passkey in this session, as the ceremony does."""
    session: Any = client.session
    session.cycle_key()
    held = Client()
    begin_passkey_session(held, user)
    session["hearthkey_auth"] = {**held.session["hearthkey_auth"], **entry}
    session.save()
    client.cookies["hearthkey_session"] = session.session_key


def waits(answer: Any) -> bool:
    return answer.status_code == 200 and 'id="hearthkey-again"' in answer.content.decode()


def hidden(answer: Any) -> dict[str, str]:
    page = answer.content.decode()
    form = re.search(r'<form[^>]* id="hearthkey-again".*?</form>', page, re.DOTALL)
    assert form, page
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form[0])
    return {unescape(name): unescape(value) for name, value in found if name != "csrfmiddlewaretoken"}


def removal(user: User) -> str:
    return f"/account/passkeys/{second_passkey(user).pk}/remove"


# L05
def test_a_stale_form_of_the_account_waits_and_is_sent_again(ada: User) -> None:
    path, client = removal(ada), by_passkey(ada, LATE)
    answer = client.post(path, {"next": "/account/"})
    assert waits(answer)
    assert "no-store" in answer.headers["Cache-Control"]
    page = answer.content.decode()
    assert f'action="{path}"' in page
    assert 'data-form="hearthkey-again"' in page
    # Where no script runs: the way to confirm elsewhere, and a button that sends what waits.
    assert '<button class="button" form="hearthkey-again">' in page
    assert 'href="/account/confirm?next=%2Faccount%2F" target="_blank"' in page
    assert Passkey.objects.count() == 2
    assert waits(client.post(path, hidden(answer)))
    confirm(client, ada)
    assert "was removed" in client.post(path, hidden(answer)).content.decode()
    assert Passkey.objects.filter(user=ada).count() == 1


# L05
def test_another_members_passkey_confirms_nothing(ada: User, settings: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_HOLD_PASSKEY = None  # the engine would not store such a session
    eve = create_member(new=NewMember(username="eve"), actor=None)
    path, client = removal(ada), by_passkey(ada, LATE)
    confirm(client, ada, passkey=str(passkey_of(eve).pk))
    assert waits(client.post(path))
    confirm(client, ada)
    assert not waits(client.post(path))


@pytest.mark.parametrize("age", [0, LATE])
def test_a_script_is_told(ada: User, age: int) -> None:
    passkey_of(ada)
    answer = by_passkey(ada, age).post("/account/passkeys/add/options", "{}", content_type="application/json")
    assert (answer.status_code == 403) is bool(age)
    assert not age or answer.json()["error"] == "step_up_required"
    answer = by_passkey(ada, age).post(removal(ada), headers={"accept": "application/json"})
    assert (answer.status_code == 403) is bool(age)
    assert not age or answer.json()["error"] == "step_up_required"


def test_a_form_waits_for_who_has_no_passkey_yet_beside_the_way_to_one() -> None:
    root = create_member(new=NewMember(username="root", is_superuser=True), actor=None)
    client = Client()
    client.force_login(root, backend="accounts.backends.LoginCodeBackend")
    session = client.session
    session["hearthkey_auth"] = {"method": "setup", "at": None, "passkey": None}
    session.save()
    answer = client.post(ADD, {"username": "fresh"})
    assert hidden(answer) == {"username": "fresh"}
    assert "/account/passkeys/first?required=1" in answer.content.decode()
    assert client.get(ADD).headers["Location"].startswith("/account/passkeys/first?required=1")


@pytest.mark.usefixtures("each_time")
def test_a_window_of_zero_wants_a_passkey_for_each_change(ada: User) -> None:
    root = User.objects.get(username="root")
    client = by_passkey(root)
    # Looking, at forms too, asks for nothing more: there would be no end to it.
    assert client.get(ADD).status_code == 200
    assert waits(client.post(ADD, {"username": "one"}))
    confirm(client, root)
    assert client.post(ADD, {"username": "one"}).status_code == 302
    # The very same once more, and another one: neither was confirmed.
    assert waits(client.post(ADD, {"username": "one"}))
    assert waits(client.post(ADD, {"username": "two"}))
    confirm(client, root)
    assert waits(client.post(ADD, {"username": "three"}))
    confirm(client, root)
    assert client.post(ADD, {"username": "three"}).status_code == 302
    assert not User.objects.filter(username="two").exists()


@pytest.mark.usefixtures("each_time")
def test_a_window_of_zero_lets_a_passkey_be_removed_once_confirmed(ada: User) -> None:
    path, client = removal(ada), by_passkey(ada)
    assert "Remove “" in client.get(path).content.decode()
    assert waits(client.post(path))
    confirm(client, ada)
    assert "was removed" in client.post(path).content.decode()


@pytest.mark.usefixtures("each_time")
def test_a_window_of_zero_lets_one_passkey_be_added_for_each_confirmation(ada: User) -> None:
    client = by_passkey(ada)

    def ask() -> int:
        return int(client.post("/account/passkeys/add/options", "{}", content_type="application/json").status_code)

    assert ask() == 403
    confirm(client, ada)
    assert ask() == 200
    assert ask() == 403


@pytest.mark.usefixtures("each_time")
@pytest.mark.parametrize(("age", "counts"), [(4 * 60, True), (6 * 60, False)])
def test_an_answer_counts_for_five_minutes(ada: User, age: int, counts: bool) -> None:
    root = User.objects.get(username="root")
    client = by_passkey(root, LATE)
    assert waits(client.post(ADD, {"username": "one"}))
    session: Any = client.session
    session["hearthkey_auth"] = {**session["hearthkey_auth"], "at": session["hearthkey_auth"]["at"] + LATE - age}
    session.save()
    assert waits(client.post(ADD, {"username": "one"})) is not counts


@pytest.mark.usefixtures("each_time")
def test_a_window_of_zero_still_makes_a_code(ada: User) -> None:
    root = User.objects.get(username="root")
    client, path = by_passkey(root), f"/admin/hearthkey_accounts/user/{ada.pk}/code/"
    assert waits(client.post(path, {"lifetime": "1h"}))
    assert not LoginCode.objects.exists()
    confirm(client, root)
    assert "/lc/" in client.post(path, {"lifetime": "1h"}).content.decode()
    assert LoginCode.objects.count() == 1


@pytest.mark.usefixtures("each_time")
def test_a_window_of_zero_still_signs_somebody_out_everywhere(ada: User) -> None:
    root = User.objects.get(username="root")
    passkey_of(ada)
    client, path = by_passkey(root), f"/admin/hearthkey_accounts/user/{ada.pk}/sessions/end/"
    theirs = by_passkey(ada)
    assert waits(client.post(path))
    assert theirs.get("/account/").status_code == 200
    confirm(client, root)
    assert client.post(path).status_code == 302
    assert theirs.get("/account/").status_code == 302


@pytest.mark.django_db(transaction=True)
def test_of_ten_who_bring_the_same_change_one_is_let_through() -> None:
    user = create_member(new=NewMember(username="root", is_superuser=True), actor=None)
    client = by_passkey(user, LATE)
    sid = str(client.session.sid)  # type: ignore[attr-defined]  # our own engine
    demand_assertion(sid=sid, change="a" * 64)
    age = timedelta(minutes=5)
    assert not spend_assertion(sid=sid, change="a" * 64, max_age=age)
    confirm(client, user)
    assert not spend_assertion(sid=sid, change="b" * 64, max_age=age)
    assert not spend_assertion(sid=sid, change="", max_age=age)
    counted = at_once([lambda: spend_assertion(sid=sid, change="a" * 64, max_age=age)] * 10)
    assert sorted(counted) == [False] * 9 + [True]
    assert Session.objects.get(pk=sid).demand == ""


@pytest.mark.parametrize(("stood_on", "back"), [("/account/passkeys/", "/account/passkeys/"), (None, "/account/")])
def test_who_would_rather_not_goes_back_to_a_page_that_is_to_be_seen(
    ada: User, stood_on: str | None, back: str
) -> None:
    passkey_of(ada)
    path = removal(ada)
    referer = f"http://testserver{stood_on or path}"
    page = by_passkey(ada, LATE).post(path, headers={"referer": referer}).content.decode()
    assert f'href="{referer if stood_on else back}"' in page


def test_who_is_signed_out_is_led_to_the_sign_in_page(ada: User) -> None:
    assert Client().post(removal(ada)).headers["Location"].startswith("/login")

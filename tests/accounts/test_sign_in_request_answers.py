"""The member who is asked whether another device may sign in as them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Session, SignInRequest, User
from accounts.services.members import change_member, disable_member, enable_member
from audit.geoip import database
from tests.support.accounts.people import browser, events, make, superuser
from tests.support.accounts.waiting import QUESTION, TELEVISION, Waiting, approve, only, refuse, text_of
from tests.support.audit.geoip_files import BERLIN, write
from tests.support.passkey_sessions import begin_passkey_session

pytestmark = pytest.mark.django_db

Status = SignInRequest.Status


@pytest.fixture
def ada() -> User:
    return make("ada", email="ada@example.com")


def a_while_ago(user: User) -> Client:
    """Return a browser whose passkey was used two minutes before the request arrived."""
    client = browser(user)
    begin_passkey_session(client, user, age=120)
    return client


def test_looking_answers_nothing(ada: User) -> None:
    waiting = Waiting().begin()
    ada_there = browser(ada)
    for _ in range(3):
        response = ada_there.get(waiting.link)
        assert response.status_code == 200
    assert ada_there.get(f"{waiting.link}/approve").headers["Location"] == waiting.link
    assert ada_there.get(f"{waiting.link}/refuse").status_code == 405
    ada_there.head(waiting.link)
    row = only()
    assert (row.status, row.claimed_by, row.answered_by) == (Status.WAITING, "", None)
    assert waiting.poll() == {"state": "waiting"}


def test_the_question_says_who_asks_from_where_and_what_for(ada: User) -> None:
    waiting = Waiting().begin()
    page = text_of(browser(ada).get(waiting.link))
    words = (QUESTION, waiting.code, "Firefox on Linux", "127.0.0.1", "This computer", ("It will be signed in as ada."))
    assert [word for word in (*words, "Approve", "Refuse", "This device is mine") if word not in page] == []
    # Off unless somebody ticks it.
    assert 'id="is-mine" name="is_mine" aria-describedby' in page
    assert 'value="day" checked' in page
    assert TELEVISION not in page


def test_an_approval_is_taken_back_before_it_is_picked_up(ada: User) -> None:
    waiting = Waiting().begin()
    approve(browser(ada), waiting.link)
    assert "Withdraw approval" in text_of(browser(ada).get(waiting.link))
    # Nobody else can.
    refuse(browser(make("mallory")), waiting.link)
    assert only().status == Status.APPROVED
    refuse(browser(ada), waiting.link)
    assert "Your approval was withdrawn" in text_of(browser(ada).get(waiting.link))
    assert waiting.poll() == {"state": "refused"}
    assert not waiting.is_signed_in
    (event,) = events("device_sign_in_refused")
    assert (event.subject_id, event.data["reason"]) == (str(ada.pk), "by_member")


def test_an_approval_that_was_picked_up_is_not_taken_back_but_ended_in_the_list(ada: User) -> None:
    waiting = Waiting().begin()
    link = waiting.link
    approve(browser(ada), link)
    assert waiting.poll()["state"] == "signed_in"
    page = text_of(browser(ada).get(link))
    assert "Withdraw approval" not in page
    assert "End that session" in page
    refuse(browser(ada), link)
    assert waiting.client.get("/account/").status_code == 200


@pytest.mark.parametrize("is_disabled", [True, False])
def test_who_was_disabled_meanwhile_finds_no_approval_when_they_are_enabled(ada: User, is_disabled: bool) -> None:
    superuser()
    waiting = Waiting().begin()
    # Approved in a session that outlives what follows, as far as the approval knows.
    approve(browser(ada), waiting.link)
    SignInRequest.objects.update(session="")
    if is_disabled:
        disable_member(member=ada, actor=None)
        enable_member(member=ada, actor=None)
    assert waiting.poll()["state"] == ("refused" if is_disabled else "signed_in")


def test_a_hostile_agent_is_only_words(ada: User) -> None:
    waiting = Waiting()
    waiting.headers["HTTP_USER_AGENT"] = "<script>alert(1)</script>\x00\u202e" * 50
    waiting.begin()
    assert "<script>alert" not in browser(ada).get(waiting.link).content.decode()
    assert len(only().user_agent) <= 500


@pytest.mark.parametrize(
    ("asker", "approver", "warning"),
    [
        ("203.0.113.9", "203.0.113.200", ""),
        ("203.0.113.9", "203.0.114.9", "This device is on a different network."),
        ("192.168.1.5", "10.0.0.5", ""),
        ("203.0.113.9", "2001:db8::1", ""),
    ],
)
def test_another_network_is_warned_of_when_it_is_certain(ada: User, asker: str, approver: str, warning: str) -> None:
    waiting = Waiting(address=asker).begin()
    page = text_of(browser(ada).get(waiting.link, REMOTE_ADDR=approver))
    assert ('class="notice danger"' in page) is bool(warning)
    assert warning in page


@pytest.mark.parametrize(
    ("asker", "approver", "is_warned"),
    [(BERLIN, "198.51.100.7", True), (BERLIN, "2001:db8:1::7", True), (BERLIN, "192.0.2.99", False)],
)
def test_another_country_is_warned_of(
    ada: User,
    asker: str,
    approver: str,
    is_warned: bool,
    settings: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(database, "LOOK_EVERY", 0.0)
    settings.HEARTHKEY_AUDIT_GEOIP_PATH = write(tmp_path / "places.mmdb")
    waiting = Waiting(address=asker).begin()
    page = text_of(browser(ada).get(waiting.link, REMOTE_ADDR=approver))
    assert ("This device is in a different country." in page) is is_warned
    assert "Berlin, Germany" in page
    current = database.current()
    assert current is not None
    current.close()


@pytest.mark.parametrize("path", ["", "/approve", "/refuse"])
def test_who_is_not_signed_in_signs_in_and_comes_back(ada: User, path: str) -> None:
    waiting = Waiting().begin()
    stranger = browser()
    address = f"{waiting.link}{path}"
    response = stranger.post(address) if path else stranger.get(address)
    assert (response.status_code, response.headers["Location"]) == (302, f"/login?next={address}")
    assert only().status == Status.WAITING
    if path != "/refuse":
        begin_passkey_session(stranger, ada)
        assert QUESTION in text_of(stranger.get(address, follow=True))


# A17, V4
def test_approving_needs_a_passkey_used_since_it_arrived_or_just_before(ada: User) -> None:
    waiting = Waiting().begin()
    late = a_while_ago(ada)
    response = approve(late, waiting.link)
    assert "approve" not in response.headers.get("Location", "").split("?")[0]
    assert only().status == Status.WAITING
    begin_passkey_session(late, ada, age=30)
    assert approve(late, waiting.link).headers["Location"] == waiting.link
    assert only().status == Status.APPROVED


# A17, V4
@pytest.mark.parametrize("method", ["code", "device", "setup"])
def test_a_session_that_no_passkey_began_approves_nothing(ada: User, method: str) -> None:
    waiting = Waiting().begin()
    ada_there = browser(ada)
    session = ada_there.session
    session["hearthkey_auth"] = {**session["hearthkey_auth"], "method": method}
    session.save()
    approve(ada_there, waiting.link)
    assert only().status == Status.WAITING
    refuse(ada_there, waiting.link)
    assert only().status == Status.REFUSED


def test_refusing_needs_none_and_both_ends_say_so(ada: User) -> None:
    waiting = Waiting().begin()
    late = a_while_ago(ada)
    response = refuse(late, waiting.link)
    assert (response.status_code, response.headers["Location"]) == (303, waiting.link)
    assert "You refused the sign-in" in text_of(late.get(waiting.link))
    assert "The sign-in was refused" in text_of(waiting.open())
    (event,) = events("device_sign_in_refused")
    assert (event.subject_id, event.data["reason"], event.data["device_agent"], event.data["device_address"]) == (
        str(ada.pk),
        "by_member",
        TELEVISION,
        "127.0.0.1",
    )


def test_approved_both_ends_say_so(ada: User) -> None:
    waiting = Waiting(address="127.0.0.9").begin()
    ada_there, link = browser(ada), waiting.link
    approve(ada_there, link)
    page = text_of(ada_there.get(link))
    assert "You approved the sign-in" in page
    assert "Its session expires after a day." in page
    assert waiting.go_on().headers["Location"] == "/account/"
    assert waiting.is_signed_in
    assert "The other device is now signed in as you." in text_of(ada_there.get(link))
    (event,) = events("device_sign_in_approved")
    assert (event.subject_id, event.actor_id, event.data["device_agent"], event.data["device_address"]) == (
        str(ada.pk),
        str(ada.pk),
        TELEVISION,
        "127.0.0.9",
    )


@pytest.mark.parametrize(
    ("values", "hours", "source"),
    [
        ({}, 24, "device"),
        ({"lasts": "once"}, 1, "device"),
        ({"is_mine": "on"}, 24, "device_mine"),
        ({"is_mine": "on", "lasts": "once"}, 1, "device_mine"),
        ({"lasts": "for ever"}, 24, "device"),
    ],
)
def test_the_session_ends_after_a_day_or_sooner_and_says_how_it_began(
    ada: User, values: dict[str, str], hours: int, source: str
) -> None:
    waiting = Waiting().begin()
    approve(browser(ada), waiting.link, **values)
    waiting.poll()
    assert (waiting.entry["method"], waiting.entry["at"], waiting.entry["source"]) == ("device", None, source)
    row = Session.objects.get(method="device")
    assert abs(row.expires_at - timezone.now() - timedelta(hours=hours)) < timedelta(seconds=10)
    Session.objects.filter(pk=row.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert waiting.client.get("/account/").status_code == 302


# A17, L05
def test_the_session_passes_no_step_up_and_reaches_no_administration() -> None:
    root = make("root", is_superuser=True, is_staff=True)
    waiting = Waiting().begin()
    approve(browser(root), waiting.link)
    waiting.poll()
    assert waiting.client.get("/account/").status_code == 200
    assert urlsplit(waiting.client.get("/admin/").headers["Location"]).path != "/admin/"
    other = Waiting().begin()
    approve(waiting.client, other.link)
    assert SignInRequest.objects.filter(status=Status.WAITING).count() == 1


@pytest.mark.parametrize(
    ("values", "is_offered"), [({}, True), ({"is_staff": True}, False), ({"is_superuser": True}, False)]
)
def test_an_operators_device_never_adds_a_passkey(values: dict[str, bool], is_offered: bool) -> None:
    someone = make("someone")
    User.objects.filter(pk=someone.pk).update(**values)
    someone.refresh_from_db()
    waiting = Waiting().begin()
    there = browser(someone)
    assert ("This device is mine" in text_of(there.get(waiting.link))) is is_offered
    approve(there, waiting.link, is_mine="on")
    waiting.poll()
    assert waiting.entry["source"] == ("device_mine" if is_offered else "device")


def test_who_is_given_rights_before_the_pick_up_is_not_signed_in(ada: User) -> None:
    waiting, other = Waiting().begin(), Waiting().begin()
    approve(browser(ada), waiting.link)
    bob = make("bob")
    approve(browser(bob), other.link)
    change_member(member=ada, values={"is_staff": True, "is_superuser": True}, actor=None)
    assert waiting.poll()["state"] == "refused"
    assert other.poll()["state"] == "signed_in"


def test_the_first_answer_counts(ada: User) -> None:
    bob = make("bob")
    waiting = Waiting().begin()
    ada_there, bob_there = browser(ada), browser(bob)
    approve(ada_there, waiting.link)
    approve(bob_there, waiting.link)
    refuse(bob_there, waiting.link)
    page = text_of(bob_there.get(waiting.link))
    assert "This code has already been answered" in page
    assert "ada" not in page
    assert waiting.poll()["state"] == "signed_in"
    assert waiting.client.session["_auth_user_id"] == str(ada.pk)


def test_a_link_opens_nothing_else(ada: User) -> None:
    waiting = Waiting().begin()
    ada_there = browser(ada)
    for key in (
        waiting.secret,
        "x",
        "continue",
        only().browser_digest,
        only().link_digest,
        str(only().pk),
        waiting.code,
    ):
        assert ada_there.get(f"/login/device/{key}").status_code in (404, 405)
        assert ada_there.post(f"/login/device/{key}/approve").status_code in (404, 405)
    assert only().status == Status.WAITING
    assert ada_there.get(waiting.link).status_code == 200


def test_five_approvals_an_hour_are_a_members_most(ada: User) -> None:
    ada_there = browser(ada)
    for _ in range(5):
        assert approve(ada_there, Waiting().begin().link).status_code == 303
    sixth = Waiting().begin()
    response = approve(ada_there, sixth.link)
    assert response.status_code == 429
    assert "You approved 5 sign-ins on other devices in the last hour." in text_of(response)
    assert sixth.poll() == {"state": "waiting"}
    assert [event.data["reason"] for event in events("device_sign_in_refused")] == ["too_many"]
    # Another member's are their own, and an hour later it is one's turn again.
    oldest = SignInRequest.objects.order_by("approved_at").filter(approved_at__isnull=False).first()
    assert oldest is not None
    SignInRequest.objects.filter(pk=oldest.pk).update(approved_at=timezone.now() - timedelta(hours=1, seconds=1))
    assert approve(ada_there, sixth.link).status_code == 303
    assert sixth.poll()["state"] == "signed_in"


def test_refusals_count_for_no_limit(ada: User) -> None:
    ada_there = browser(ada)
    for _ in range(7):
        refuse(ada_there, Waiting().begin().link)
    last = Waiting().begin()
    approve(ada_there, last.link)
    assert last.poll()["state"] == "signed_in"

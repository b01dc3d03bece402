"""Operators see and end the sessions of those they may reach, after a step-up."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.exceptions import NotAllowed
from accounts.models import Session, User
from accounts.services.sessions import end_other_sessions, end_session, sign_out_everywhere
from tests.support.accounts.people import browser, events, make, superuser
from tests.support.passkey_sessions import begin_passkey_session

pytestmark = pytest.mark.django_db
MEMBERS = "/admin/hearthkey_accounts/user"


def operator(username: str = "opal") -> User:
    return make(username, is_staff=True, permissions=("view_user", "change_user"))


def sid_of(client: Client) -> str:
    return str(client.session.sid)  # type: ignore[attr-defined]  # our own engine


def test_a_members_page_lists_their_sessions_and_ends_one() -> None:
    ada = make("ada")
    here, there, at_work = browser(ada), browser(ada), browser(operator())
    page = at_work.get(f"{MEMBERS}/{ada.pk}/change/").content.decode()
    assert page.count("Unknown browser") == 2
    assert "with the passkey “My passkey”" in page
    assert f"{MEMBERS}/{ada.pk}/sessions/{sid_of(there)}/end/" in page
    answer = at_work.post(f"{MEMBERS}/{ada.pk}/sessions/{sid_of(there)}/end/")
    assert answer.headers["Location"] == f"{MEMBERS}/{ada.pk}/change/"
    assert there.get("/account/").status_code == 302
    assert here.get("/account/").status_code == 200
    (event,) = events("session_ended")
    assert (event.data["reason"], event.actor_name) == ("ended_by_operator", "opal")


def test_everywhere_is_every_session() -> None:
    ada = make("ada")
    both, neighbour, at_work = [browser(ada), browser(ada)], browser(make("bob")), browser(operator())
    at_work.post(f"{MEMBERS}/{ada.pk}/sessions/end/")
    assert [client.get("/account/").status_code for client in both] == [302, 302]
    assert neighbour.get("/account/").status_code == 200
    assert at_work.get("/account/").status_code == 200
    (event,) = events("signed_out_everywhere")
    assert (event.data["count"], event.actor_name) == (2, "opal")


# Decision 16
@pytest.mark.parametrize("above", [True, False])
def test_nobody_sees_or_ends_the_sessions_of_who_is_above_them(above: bool) -> None:
    opal = operator()
    target = superuser("top") if above else make("plain")
    theirs, at_work = browser(target), browser(opal)
    page = at_work.get(f"{MEMBERS}/{target.pk}/change/").content.decode()
    assert (sid_of(theirs) in page) is not above
    for path in (f"sessions/{sid_of(theirs)}/end/", "sessions/end/"):
        # Who had to confirm first may come back by a GET, which ends nothing.
        assert at_work.get(f"{MEMBERS}/{target.pk}/{path}").status_code == (403 if above else 302)
        assert events("session_ended") == [] or path == "sessions/end/"
        assert at_work.post(f"{MEMBERS}/{target.pk}/{path}").status_code == (403 if above else 302)
    assert (theirs.get("/account/").status_code == 200) is above
    if above:
        assert {event.actor_name for event in events("operator_refused")} == {"opal"}
        sid = sid_of(theirs)
        with pytest.raises(NotAllowed):
            end_session(user=target, sid=sid, actor=opal)
        with pytest.raises(NotAllowed):
            end_other_sessions(user=target, keep="", actor=opal)
        with pytest.raises(NotAllowed):
            sign_out_everywhere(user=target, actor=opal)
        assert end_session(user=target, sid=sid, actor=superuser())


# L05
@pytest.mark.parametrize(("age", "ends"), [(14 * 60, True), (16 * 60, False)])
def test_ending_others_sessions_asks_for_a_passkey_used_lately(age: int, ends: bool) -> None:
    ada, opal = make("ada"), operator()
    theirs, at_work = browser(ada), Client()
    begin_passkey_session(at_work, opal, age=age)
    at_work.post(f"{MEMBERS}/{ada.pk}/sessions/{sid_of(theirs)}/end/")
    assert (theirs.get("/account/").status_code == 302) is ends


def test_an_operator_who_ends_everything_of_their_own_is_out_too() -> None:
    opal = operator()
    at_work = browser(opal)
    answer = at_work.post(f"{MEMBERS}/{opal.pk}/sessions/end/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/login")
    assert not Session.objects.filter(user=opal).exists()
    assert at_work.get("/account/").headers["Location"].startswith("/login")


@pytest.mark.parametrize("path", ["disable/", "enable/", "picture/remove/", "sessions/end/"])
def test_who_comes_back_to_a_button_after_signing_in_finds_the_member(path: str) -> None:
    ada, opal = make("ada"), operator()
    found = browser(opal).get(f"{MEMBERS}/{ada.pk}/{path}")
    assert found.headers["Location"] == f"{MEMBERS}/{ada.pk}/change/"
    assert User.objects.get(pk=ada.pk).is_active
    assert browser(opal).get(f"{MEMBERS}/{superuser('top').pk}/{path}").status_code == 403
    assert events("operator_refused") == []

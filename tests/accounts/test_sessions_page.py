"""The list of one's sessions, what stands in it, and the end of one or all others."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as project
from django.test import Client
from django.utils import timezone

from accounts.models import Session, User
from accounts.services.codes import create_code
from accounts.services.session_list import list_sessions
from accounts.services.sessions import end_other_sessions, end_session
from accounts.sessions import SessionStore
from passkeys.models import Passkey, digest
from tests.support.accounts.people import browser, events, make, superuser
from tests.support.passkey_sessions import passkey_of

pytestmark = pytest.mark.django_db
LIST = "/account/sessions"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"


def sid_of(client: Client) -> str:
    return str(client.session.sid)  # type: ignore[attr-defined]  # our own engine


def by_code(user: User, **headers: str) -> Client:
    client = Client(headers=headers, REMOTE_ADDR="192.168.1.7")
    path = create_code(user=user, actor=None).link.split("/", 3)[3]
    assert client.post(f"/{path}").status_code == 302
    return client


def second_passkey(user: User) -> Passkey:
    first = Passkey.objects.filter(user=user, name="My passkey").first() or passkey_of(user)
    first.pk, first.credential_id, first.name = uuid.uuid4(), b"second", "Key on the ring"
    first.credential_id_sha256 = digest(b"second")
    first.save(force_insert=True)
    return first


def test_a_session_shows_device_place_address_and_how_it_began() -> None:
    client = by_code(make("ada"), user_agent=FIREFOX)
    page = client.get(LIST).content.decode()
    for text in (
        "Firefox on Windows",
        "Local network",
        "192.168.1.7",
        "with a one-time code",
        "This one",
        "Used just now",
    ):
        assert text in page, text
    assert "End all other sessions" not in page
    (row,) = Session.objects.all()
    assert (row.began, row.address, row.user_agent) == ("code", "192.168.1.7", FIREFOX)
    assert timezone.now() - row.created_at < timedelta(minutes=1)


def test_a_confirmation_changes_the_last_assertion_and_not_how_the_session_began() -> None:
    ada = make("ada")
    client = by_code(ada)
    session: Any = client.session
    session.cycle_key()
    session["hearthkey_auth"] = {"method": "passkey", "at": time.time(), "passkey": str(passkey_of(ada).pk)}
    session.save()
    row = Session.objects.get()
    assert (row.began, row.began_passkey, row.method) == ("code", "", "passkey")
    assert row.asserted_at is not None


def test_a_session_of_a_passkey_names_it() -> None:
    ada = make("ada")
    client = browser(ada)
    page = client.get(LIST).content.decode()
    assert "with the passkey “My passkey”" in page
    assert "passkey last used" in page
    row = Session.objects.get()
    assert (row.began, row.began_passkey) == ("passkey", str(passkey_of(ada).pk))


def test_a_sign_in_over_an_older_session_begins_it_anew(settings: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_HOLD_PASSKEY = None  # the passkey "p" does not exist
    ada = make("ada")
    client = by_code(ada)
    Session.objects.update(created_at=timezone.now() - timedelta(days=1))
    client.cookies[project.SESSION_COOKIE_NAME] = client.session.session_key
    client.force_login(ada, backend="passkeys.backends.PasskeyBackend")
    session: Any = client.session
    session["hearthkey_auth"] = {"method": "passkey", "at": time.time(), "passkey": "p"}
    session.save()
    row = Session.objects.get()
    assert row.began == "passkey"
    assert timezone.now() - row.created_at < timedelta(minutes=1)


# L04
def test_one_browser_ends_the_other_whose_next_request_leads_to_the_sign_in_page() -> None:
    ada = make("ada")
    here, there, third = browser(ada), browser(ada), browser(ada)
    assert here.get(LIST).content.decode().count('action="/account/sessions/') == 3
    answer = here.post(f"{LIST}/{sid_of(there)}/end")
    assert (answer.status_code, answer.headers["Location"]) == (302, LIST)
    assert "Session ended." in here.get(LIST).content.decode()
    refused = there.get("/account/")
    assert refused.status_code == 302
    assert refused.headers["Location"].startswith("/login")
    assert third.get("/account/").status_code == 200
    assert [event.data["reason"] for event in events("session_ended")] == ["ended_by_member"]
    assert "already ended" in here.post(f"{LIST}/{uuid.uuid4()}/end", follow=True).content.decode()


# L04
def test_all_others_end_and_this_one_stays() -> None:
    ada, bob = make("ada"), make("bob")
    here, others, neighbour = browser(ada), [browser(ada), by_code(ada)], browser(bob)
    assert here.post(f"{LIST}/others/end", {"next": LIST}).headers["Location"] == LIST
    assert here.get("/account/").status_code == 200
    assert [other.get("/account/").status_code for other in others] == [302, 302]
    assert neighbour.get("/account/").status_code == 200


def test_ending_the_session_one_is_in_leads_to_the_sign_in_page() -> None:
    client = browser(make("ada"))
    answer = client.post(f"{LIST}/{sid_of(client)}/end")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/login")
    assert client.get("/account/").status_code == 302
    assert not Session.objects.exists()


def test_nobody_ends_or_sees_the_session_of_another_member() -> None:
    ada, bob = browser(make("ada")), browser(make("bob"))
    ada.post(f"{LIST}/{sid_of(bob)}/end")
    assert bob.get("/account/").status_code == 200
    assert sid_of(bob) not in ada.get(LIST).content.decode()
    bob.post(f"{LIST}/{sid_of(bob)}/end")
    assert bob.get("/account/").status_code == 302


@pytest.mark.parametrize("path", [f"{LIST}/6f1f4d5e-8f0a-4b43-9d4b-3a51f0f2c9d1/end", f"{LIST}/others/end"])
def test_a_session_ends_by_a_form_of_ours_alone(path: str) -> None:
    ada = make("ada")
    client, forger = browser(ada), Client(enforce_csrf_checks=True)
    forger.cookies = client.cookies
    assert forger.post(path).status_code == 403
    # Who had to sign in first comes back by a GET, which ends nothing.
    assert client.get(path).headers["Location"] in (LIST, "/account/")
    assert events("session_ended") == []
    assert client.post(path).status_code == 302
    assert Client().post(path).headers["Location"].startswith("/login")


@pytest.mark.parametrize("idles", [True, False])
def test_what_expired_is_not_ended_with_the_others(idles: bool) -> None:
    """Its clients hear of no end, whether or not it was swept already."""
    ada = make("ada")
    here, theirs = browser(ada), sid_of(browser(ada))
    if idles:
        Session.objects.filter(pk=theirs).update(last_seen_at=timezone.now() - timedelta(days=365))
    page = here.post(f"{LIST}/others/end", {"next": LIST}, follow=True).content.decode()
    assert f"{0 if idles else 1} other session" in page
    assert [event.data["count"] for event in events("session_ended")] == ([] if idles else [1])
    assert Session.objects.filter(pk=theirs).exists() is idles


def test_sessions_that_idled_or_aged_out_are_not_listed() -> None:
    ada = make("ada")
    here, idle, old = browser(ada), browser(ada), browser(ada)
    now = timezone.now()
    Session.objects.filter(pk=sid_of(idle)).update(last_seen_at=now - timedelta(hours=25))
    Session.objects.filter(pk=sid_of(old)).update(expires_at=now)
    assert [card.id for card in list_sessions(user=ada).cards] == [sid_of(here)]


def test_an_odd_id_ends_nothing() -> None:
    ada = make("ada")
    here = browser(ada)
    assert not end_session(user=ada, sid="no id")
    assert end_other_sessions(user=ada, keep=sid_of(here)) == 0
    assert here.get("/account/").status_code == 200


# L04, decision 1
@pytest.mark.parametrize(("removed", "lives"), [("began", False), ("confirmed", False), ("another", True)])
def test_a_session_ends_with_the_passkey_that_began_it_or_confirmed_last(removed: str, lives: bool) -> None:
    ada = make("ada")
    began, client = passkey_of(ada), browser(ada)
    confirmed = second_passkey(ada)
    session: Any = client.session
    session["hearthkey_auth"] = {"method": "passkey", "at": time.time(), "passkey": str(confirmed.pk)}
    session.save()
    other = browser(ada)
    held: Any = other.session
    held["hearthkey_auth"] = {"method": "passkey", "at": time.time(), "passkey": str(began.pk)}
    held.save()
    gone = {"began": began, "confirmed": confirmed, "another": began}[removed]
    if removed == "another":
        Session.objects.filter(pk=sid_of(client)).update(began_passkey=str(confirmed.pk))
    other.post(f"/account/passkeys/{gone.pk}/remove")
    assert not Passkey.objects.filter(pk=gone.pk).exists()
    assert (client.get("/account/").status_code == 200) is lives


# L04
def test_the_end_of_the_others_is_offered_after_a_passkey_was_removed() -> None:
    ada = make("ada")
    here = browser(ada)
    spare = second_passkey(ada)
    page = here.post(f"/account/passkeys/{spare.pk}/remove").content.decode()
    assert "/account/sessions/others/end" not in page
    there = browser(ada)
    spare = second_passkey(ada)
    page = here.post(f"/account/passkeys/{spare.pk}/remove").content.decode()
    assert 'action="/account/sessions/others/end"' in page
    here.post("/account/sessions/others/end")
    assert there.get("/account/").status_code == 302


def test_a_sign_in_costs_no_statement_more_for_what_the_list_shows(django_assert_num_queries: Any) -> None:
    ada = make("ada")
    client = by_code(ada)
    session: Any = client.session
    session["more"] = True
    with django_assert_num_queries(1) as captured:
        session.save()
    assert '"address"' in captured[0]["sql"]


def used_a_while_ago(minutes: int = 2) -> None:
    Session.objects.update(last_seen_at=timezone.now() - timedelta(minutes=minutes))


@pytest.mark.parametrize(("address", "is_shown"), [("192.168.1.8", True), ("192.168.1.7", False)])
def test_a_session_that_is_used_elsewhere_shows_where(address: str, is_shown: bool) -> None:
    ada = make("ada")
    client = by_code(ada)
    used_a_while_ago()
    client.get(LIST, REMOTE_ADDR=address)
    page = client.get(LIST, REMOTE_ADDR=address).content.decode()
    (card,) = list_sessions(user=ada).cards
    assert (card.address, card.seen_address) == ("192.168.1.7", address if is_shown else "")
    assert page.count("Local network · ") == (2 if is_shown else 1)
    assert page.count(address) == 1
    operators = browser(superuser()).get(f"/admin/hearthkey_accounts/user/{ada.pk}/change/").content.decode()
    assert operators.count("192.168.1.") == (2 if is_shown else 1)


def test_where_a_session_is_used_is_written_with_the_time_and_no_more_often(django_assert_num_queries: Any) -> None:
    client = by_code(make("ada"))
    used_a_while_ago()
    for address in ("192.168.1.8", "192.168.1.9"):
        client.get(LIST, REMOTE_ADDR=address)
    assert Session.objects.get().seen_address == "192.168.1.8"
    used_a_while_ago()
    session: Any = SessionStore(client.session.session_key)
    session.seen_from = lambda: "192.168.1.9"
    with django_assert_num_queries(2):
        assert session.sid
    assert Session.objects.get().seen_address == "192.168.1.9"


def test_an_address_of_any_length_and_none_at_all_fit() -> None:
    client = by_code(make("ada"))
    for said, kept in (("f" * 400, "f" * 45), ("", "")):
        used_a_while_ago()
        session: Any = SessionStore(client.session.session_key)
        session.seen_from = lambda said=said: said
        assert session.sid
        assert Session.objects.get().seen_address == kept

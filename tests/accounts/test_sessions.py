from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.contrib.sessions.backends.base import UpdateError
from django.test import Client
from django.utils import timezone

from accounts import sessions
from accounts.models import Session
from accounts.services.codes import create_code
from accounts.services.sessions import end_sessions
from accounts.sessions import SessionStore, digest_of
from tests.support.accounts.people import browser, events, every_stored_text, make

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]


def cookie(client: Client) -> str:
    return str(client.cookies[project.SESSION_COOKIE_NAME].value)


def signed_in(username: str = "ada") -> Client:
    """Return a browser that signed in by a one-time link, as people do."""
    client = browser()
    path = create_code(user=make(username), actor=None).link.split("/", 3)[3]
    assert client.post(f"/{path}").status_code == 302
    return client


def row_of(client: Client) -> Session:
    return Session.objects.get(key_digest=digest_of(cookie(client)))


def is_signed_in(client: Client) -> bool:
    status = client.get("/account/").status_code
    assert status in {200, 302}
    return status == 200


def test_the_cookies_value_is_stored_nowhere() -> None:
    client = signed_in()
    assert len(cookie(client)) >= 43  # 256 bits, L01
    stored = every_stored_text()
    assert cookie(client) not in stored
    assert digest_of(cookie(client)) in stored


def test_creating_is_one_insert_saving_and_a_new_key_are_one_update_each(django_assert_num_queries: Any) -> None:
    store = SessionStore()
    # The INSERT stands in a savepoint of its own inside the test's transaction.
    with django_assert_num_queries(3) as captured:
        store.create()
    assert [query["sql"].split()[0] for query in captured] == ["SAVEPOINT", "INSERT", "RELEASE"]
    store["a"] = 1
    with django_assert_num_queries(1) as captured:
        store.save()
    assert captured[0]["sql"].startswith("UPDATE")
    with django_assert_num_queries(1) as captured:
        store.cycle_key()
    assert captured[0]["sql"].startswith("UPDATE")
    with django_assert_num_queries(1):
        assert SessionStore(store.session_key)["a"] == 1


# L03, V23
def test_an_ended_session_is_not_brought_back_by_a_late_save() -> None:
    store = SessionStore()
    store.create()
    late = SessionStore(store.session_key)
    late["a"] = 1
    late.save()
    Session.objects.all().delete()
    late["a"] = 2
    with pytest.raises(UpdateError):
        late.save()
    assert not Session.objects.exists()


# L03, V23
def test_an_ended_session_is_signed_out_and_the_others_are_not() -> None:
    here, there = signed_in(), signed_in("bob")
    user = row_of(here).user
    end_sessions(user=user, reason="test")
    assert not is_signed_in(here)
    assert is_signed_in(there)
    assert [event.data["count"] for event in events("session_ended")] == [1]


def test_the_sid_survives_new_keys() -> None:
    store = SessionStore()
    assert store.sid is None
    store.create()
    sid, keys = store.sid, [store.session_key]
    for _ in range(2):
        store.cycle_key()
        keys.append(store.session_key)
    assert len(set(keys)) == 3
    assert store.sid == sid
    assert SessionStore(keys[-1]).sid == sid
    assert SessionStore(keys[0]).sid is None


def test_the_key_before_sign_in_is_dead_afterwards() -> None:  # L01
    make("bob")
    anonymous = SessionStore()
    anonymous["planted"] = 1
    anonymous.create()
    planted, sid = anonymous.session_key, anonymous.sid
    client = browser()
    client.cookies[project.SESSION_COOKIE_NAME] = planted
    path = create_code(user=make("ada"), actor=None).link.split("/", 3)[3]
    assert client.post(f"/{path}").status_code == 302
    assert cookie(client) != planted
    assert is_signed_in(client)
    attacker = browser()
    attacker.cookies[project.SESSION_COOKIE_NAME] = planted
    assert not is_signed_in(attacker)
    assert str(row_of(client).pk) == sid


def test_a_key_that_the_server_never_made_is_not_adopted() -> None:  # L01
    client = browser()
    client.cookies[project.SESSION_COOKIE_NAME] = "chosen-by-somebody-else-0123456789abcdefghij"
    path = create_code(user=make("ada"), actor=None).link.split("/", 3)[3]
    client.post(f"/{path}")
    assert cookie(client) != "chosen-by-somebody-else-0123456789abcdefghij"
    assert not Session.objects.filter(key_digest=digest_of("chosen-by-somebody-else-0123456789abcdefghij")).exists()


def test_signing_out_kills_the_old_key() -> None:  # L01
    client = signed_in()
    old = cookie(client)
    client.post("/logout")
    again = browser()
    again.cookies[project.SESSION_COOKIE_NAME] = old
    assert not is_signed_in(again)
    assert not Session.objects.filter(key_digest=digest_of(old)).exists()
    assert len(events("signed_out")) == 1


@pytest.mark.parametrize(("idle", "lives"), [(timedelta(hours=24, seconds=1), False), (timedelta(hours=23), True)])
def test_a_session_idles_out_after_24_hours(idle: timedelta, lives: bool) -> None:  # L02
    client = signed_in()
    Session.objects.update(last_seen_at=timezone.now() - idle)
    assert is_signed_in(client) is lives


@pytest.mark.parametrize(("left", "lives"), [(timedelta(seconds=-1), False), (timedelta(minutes=1), True)])
def test_a_session_ends_at_its_absolute_end_however_busy(left: timedelta, lives: bool) -> None:  # L02
    client = signed_in()
    Session.objects.update(expires_at=timezone.now() + left)
    assert is_signed_in(client) is lives


def test_the_absolute_end_is_14_days_away_and_use_does_not_move_it(settings: Any) -> None:  # L02
    settings.HEARTHKEY_ACCOUNTS_HOLD_PASSKEY = None  # the passkey "p" does not exist
    client = signed_in()
    session = client.session
    session["hearthkey_auth"] = {"method": "passkey", "at": 1, "passkey": "p"}
    session.cycle_key()
    session.save()
    client.cookies[project.SESSION_COOKIE_NAME] = session.session_key
    row = row_of(client)
    assert timedelta(days=13, hours=23) < row.expires_at - timezone.now() <= timedelta(days=14)
    Session.objects.update(last_seen_at=timezone.now() - timedelta(hours=2))
    assert is_signed_in(client)
    assert row_of(client).expires_at == row.expires_at


def test_a_session_of_a_code_ends_after_12_hours_however_it_is_used() -> None:  # L02
    client = signed_in()
    row = row_of(client)
    assert timedelta(hours=11, minutes=59) < row.expires_at - timezone.now() <= timedelta(hours=12)
    assert is_signed_in(client)
    assert row_of(client).expires_at == row.expires_at


def test_both_timeouts_follow_the_settings(settings: Any) -> None:  # L02
    settings.HEARTHKEY_ACCOUNTS_SESSION_IDLE = timedelta(minutes=5)
    settings.HEARTHKEY_ACCOUNTS_SESSION_ABSOLUTE = lambda: timedelta(minutes=30)
    client = signed_in()
    assert row_of(client).expires_at <= timezone.now() + timedelta(minutes=30)
    Session.objects.update(last_seen_at=timezone.now() - timedelta(minutes=6))
    assert not is_signed_in(client)


def test_last_use_is_written_at_most_once_a_minute() -> None:
    client = signed_in()
    recent = timezone.now() - timedelta(seconds=50)
    Session.objects.update(last_seen_at=recent)
    client.get("/account/")
    assert row_of(client).last_seen_at == recent
    Session.objects.update(last_seen_at=timezone.now() - timedelta(seconds=70))
    client.get("/account/")
    assert row_of(client).last_seen_at > recent


def test_a_session_that_expired_tells_nobody() -> None:
    client = signed_in()
    Session.objects.update(expires_at=timezone.now())
    SessionStore.clear_expired()
    assert not is_signed_in(client)
    assert not events("session_ended")
    assert not events("signed_out")


def test_the_columns_are_copied_from_the_sessions_entry(settings: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_HOLD_PASSKEY = None  # the passkey "abc" does not exist
    user = make("ada")
    store = SessionStore()
    store.create()
    store["_auth_user_id"] = str(user.pk)
    store["hearthkey_auth"] = {"method": "passkey", "at": 1_700_000_000, "passkey": "abc"}
    store.save()
    row = Session.objects.get()
    assert (row.user_id, row.method, row.passkey) == (user.pk, "passkey", "abc")
    assert row.asserted_at is not None
    assert row.asserted_at.timestamp() == 1_700_000_000


@pytest.mark.parametrize("entry", [None, "text", {"at": "soon", "method": None}, {"at": 1e300}, {"passkey": 5}])
def test_an_odd_entry_leaves_the_columns_empty_instead_of_failing(entry: Any) -> None:
    store = SessionStore()
    store["hearthkey_auth"] = entry
    store["_auth_user_id"] = "no uuid"
    store.create()
    row = Session.objects.get()
    assert (row.user_id, row.method, row.asserted_at) == (None, "", None)


def test_what_is_over_is_deleted_in_batches_and_what_lives_stays(django_assert_max_num_queries: Any) -> None:
    now = timezone.now()
    alive = SessionStore()
    alive.create()
    Session.objects.bulk_create(
        Session(
            key_digest=f"{number}",
            data="",
            expires_at=now + timedelta(days=1 if number % 2 else -1),
            last_seen_at=now - timedelta(days=2 if number % 2 else 0),
        )
        for number in range(1200)
    )
    with django_assert_max_num_queries(30) as captured:
        sessions.SessionStore.clear_expired()
    assert Session.objects.count() == 1
    assert SessionStore(alive.session_key).sid == alive.sid
    assert len([query for query in captured if query["sql"].startswith("DELETE")]) >= 3


def test_session_cookies_have_plain_names_on_http() -> None:  # L02
    client = signed_in()
    found = client.cookies["hearthkey_session"]
    assert (found["secure"], found["httponly"], found["samesite"], found["path"]) == ("", True, "Lax", "/")
    assert not found["domain"]


def test_on_https_the_cookies_are_host_bound_and_secure() -> None:  # L02
    program = (
        "import json; from config import settings as s; print(json.dumps({k: getattr(s, k) for k in dir(s)"
        " if k.startswith(('SESSION_COOKIE', 'CSRF_COOKIE'))}))"
    )
    environment = {
        "PATH": os.environ["PATH"],
        "ENV_FILE": os.devnull,
        "APP_URL": "https://id.example.com",
        "ENCRYPTION_KEY": "a key that only the tests use",
        "DATA_DIR": os.devnull + "/none",
    }
    run = subprocess.run(  # our own program
        [sys.executable, "-c", program], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = json.loads(run.stdout.splitlines()[-1])
    for kind, name in (("SESSION", "__Host-hearthkey_session"), ("CSRF", "__Host-hearthkey_csrf")):
        assert found[f"{kind}_COOKIE_NAME"] == name
        assert found[f"{kind}_COOKIE_SECURE"] is True
        assert found[f"{kind}_COOKIE_HTTPONLY"] is True
        assert found[f"{kind}_COOKIE_SAMESITE"] == "Lax"
        # What the prefix __Host- demands.
        assert found.get(f"{kind}_COOKIE_DOMAIN") is None
        assert found.get(f"{kind}_COOKIE_PATH", "/") == "/"


# V34
def test_the_next_person_at_the_same_browser_gets_nothing_of_the_one_before() -> None:  # L01
    client = signed_in()
    first = row_of(client).pk
    path = create_code(user=make("bob"), actor=None).link.split("/", 3)[3]
    client.post(f"/{path}")
    row = row_of(client)
    assert row.user is not None
    assert row.user.username == "bob"
    assert row.pk != first
    assert not Session.objects.filter(pk=first).exists()

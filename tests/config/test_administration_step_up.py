"""The administration opens in a passkey's session only, and changes need a passkey used lately."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import unquote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from accounts.services.members import NewMember, create_member
from oidc_clients.models import ClientSecret
from tests.support.oidc_protocol.factories import make_client
from tests.support.passkey_sessions import begin_passkey_session, passkey_of

pytestmark = pytest.mark.django_db
MEMBERS = "/admin/hearthkey_accounts/user/"
ADD = f"{MEMBERS}add/"
WINDOW = 15 * 60
STEP_UP = "/account/confirm"
FIRST = "/account/passkeys/first"


@pytest.fixture
def root() -> User:
    return create_member(new=NewMember(username="root", is_superuser=True), actor=None)


def session(user: User, **entry: Any) -> Client:
    """Return a browser whose session began in this way."""
    client = Client()
    client.force_login(user, backend="accounts.backends.LoginCodeBackend")
    held = client.session
    held["hearthkey_auth"] = {"at": None, "passkey": None, **entry}
    held.save()
    return client


def by_passkey(user: User, age: float) -> Client:
    client = Client()
    begin_passkey_session(client, user, age=age)
    return client


# K09
@pytest.mark.parametrize("method", ["code", "setup", "device"])
@pytest.mark.parametrize("path", ["/admin/", MEMBERS, ADD])
def test_who_has_a_passkey_is_asked_for_it_on_every_page(root: User, method: str, path: str) -> None:
    passkey = passkey_of(root)
    answer = session(root, method=method).get(path)
    assert answer.status_code == 302
    assert unquote(answer.headers["Location"]).startswith(f"{STEP_UP}?next=/admin/")
    # Neither a time nor a passkey's name makes another session one of a passkey.
    named = session(root, method=method, at=time.time(), passkey=str(passkey.pk))
    assert named.get(path).status_code == 302
    assert session(root, method="passkey", at=time.time(), passkey=str(passkey.pk)).get(path).status_code == 200


@pytest.mark.parametrize("method", ["code", "setup"])
def test_who_has_no_passkey_is_led_to_their_first_and_told_why(root: User, method: str) -> None:
    client = session(root, method=method)
    answer = client.get(MEMBERS, follow=True)
    assert answer.redirect_chain[0][0].startswith(f"{FIRST}?required=1")
    page = answer.content.decode()
    assert "opens with a passkey only" in page
    assert 'data-next="/admin/hearthkey_accounts/user/"' in page
    assert "Skip for now" not in page
    assert "Skip for now" in client.get(FIRST).content.decode()
    # A form that was filled in meanwhile waits, and the way to a first passkey stands beside it.
    answer = client.post(ADD, {"username": "fresh"})
    assert answer.status_code == 200
    assert f'href="{FIRST}?required=1' in answer.content.decode()
    assert hidden(answer.content.decode()) == [("username", "fresh")]
    assert not User.objects.filter(username="fresh").exists()


def test_another_members_passkey_opens_nothing(root: User, settings: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_HOLD_PASSKEY = None  # the engine would not store such a session
    other = create_member(new=NewMember(username="other"), actor=None)
    passkey_of(root)
    foreign = str(passkey_of(other).pk)
    assert session(root, method="passkey", at=time.time(), passkey=foreign).get("/admin/").status_code == 302


@pytest.mark.parametrize(("age", "asks"), [(WINDOW - 30, False), (WINDOW + 1, True)])
def test_a_page_is_read_at_any_time_and_a_form_opens_within_the_window(root: User, age: int, asks: bool) -> None:
    client = by_passkey(root, age)
    for path in ("/admin/", MEMBERS, f"{MEMBERS}{root.pk}/history/"):
        assert client.get(path).status_code == 200, path
    for path in (ADD, f"{MEMBERS}{root.pk}/change/", f"{MEMBERS}{root.pk}/delete/"):
        answer = client.get(path)
        assert answer.status_code == (302 if asks else 200), path
        assert not asks or unquote(answer.headers["Location"]).startswith(f"{STEP_UP}?next=/admin/"), path


def hidden(page: str) -> list[tuple[str, str]]:
    form = re.search(r'<form[^>]* id="hearthkey-again".*?</form>', page, re.DOTALL)
    assert form, page
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form[0])
    return [(unescape(name), unescape(value)) for name, value in found if name != "csrfmiddlewaretoken"]


def test_a_change_within_the_window_is_made(root: User) -> None:
    answer = by_passkey(root, WINDOW - 30).post(ADD, {"username": "fresh"})
    assert answer.status_code == 302
    assert User.objects.filter(username="fresh").exists()


def test_a_stale_change_waits_on_the_page_that_asks(root: User) -> None:
    client = by_passkey(root, WINDOW + 1)
    typed = {"username": "fresh", "first_name": "O'\"Hara <b>&amp;", "groups": ["1", "2"], "_save": "Save"}
    answer = client.post(f"{ADD}?_changelist_filters=q%3Da", typed)
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    assert not User.objects.filter(username="fresh").exists()
    page = answer.content.decode()
    assert f'action="{ADD}?_changelist_filters=q%3Da"' in page
    assert 'data-form="hearthkey-again"' in page
    assert hidden(page) == [
        ("username", "fresh"),
        ("first_name", "O'\"Hara <b>&amp;"),
        ("groups", "1"),
        ("groups", "2"),
        ("_save", "Save"),
    ]
    # Confirmed, the very same form goes through.
    begin_passkey_session(client, root)
    assert client.post(ADD, {**dict(hidden(page)), "groups": []}).status_code == 302
    assert User.objects.get(username="fresh").first_name == "O'\"Hara <b>&amp;"


@pytest.mark.parametrize("path", ["disable/", "code/", "delete/", "sessions/end/"])
def test_a_stale_button_does_nothing_yet(root: User, path: str) -> None:
    goal = create_member(new=NewMember(username="goal"), actor=None)
    page = by_passkey(root, WINDOW + 1).post(f"{MEMBERS}{goal.pk}/{path}", {"post": "yes"}).content.decode()
    assert hidden(page) == [("post", "yes")]
    assert "/lc/" not in page
    assert User.objects.filter(pk=goal.pk, is_active=True).exists()
    by_passkey(root, 0).post(f"{MEMBERS}{goal.pk}/disable/", {"post": "yes"})
    assert User.objects.filter(pk=goal.pk, is_active=False).exists()


# L05
@pytest.mark.parametrize(("age", "secrets"), [(WINDOW + 1, 1), (WINDOW - 30, 2)])
def test_a_secret_of_a_client_is_made_with_a_fresh_passkey_only(root: User, age: float, secrets: int) -> None:
    client = make_client()
    path = f"/admin/hearthkey_oidc_clients/client/{client.pk}/secrets/add/"
    page = by_passkey(root, age).post(path, {"supplied": ""}).content.decode()
    assert ('id="hearthkey-again"' in page) is (secrets == 1)
    assert ClientSecret.objects.filter(client=client).count() == secrets


def test_a_file_is_named_because_it_cannot_wait(root: User) -> None:
    add = "/admin/hearthkey_oidc_clients/client/add/"
    files = {"name": "App", "logo": SimpleUploadedFile("our logo.png", b"x", "image/png")}
    page = by_passkey(root, WINDOW + 1).post(add, files).content.decode()
    assert "our logo.png" in page
    assert hidden(page) == [("name", "App")]


def test_a_forged_form_is_refused_rather_than_kept(root: User) -> None:
    client = Client(enforce_csrf_checks=True)
    begin_passkey_session(client, root, age=WINDOW + 1)
    assert client.post(ADD, {"username": "fresh"}).status_code == 403


@pytest.mark.parametrize(
    ("path", "headers"),
    [("/admin/autocomplete/", {}), ("/admin/jsi18n/", {}), (MEMBERS, {"accept": "application/json"})],
)
def test_a_script_is_told_rather_than_led_away(root: User, path: str, headers: dict[str, str]) -> None:
    passkey_of(root)
    refused = session(root, method="code").get(path, headers=headers)
    assert refused.status_code == 403
    assert refused.json()["error"] == "step_up_required"
    admitted = by_passkey(root, 0).get(path, headers=headers)
    assert "step_up_required" not in admitted.content.decode()


def test_a_json_change_is_told_too(root: User) -> None:
    answer = by_passkey(root, WINDOW + 1).post(ADD, "{}", content_type="application/json")
    assert answer.status_code == 403
    assert by_passkey(root, 0).post(ADD, "{}", content_type="application/json").status_code == 200


@pytest.mark.parametrize(("window", "asks"), [(timedelta(minutes=2), True), (lambda: timedelta(minutes=4), False)])
def test_the_window_is_a_setting(root: User, settings: Any, window: Any, asks: bool) -> None:
    settings.HEARTHKEY_ADMIN_STEP_UP_WINDOW = window
    by_passkey(root, 180).post(ADD, {"username": "fresh"})
    assert User.objects.filter(username="fresh").exists() is not asks


def test_signing_out_asks_for_nothing(root: User) -> None:
    assert session(root, method="code").post("/admin/logout/").headers["Location"] == "/logout"


def test_who_is_no_operator_is_told_so(root: User) -> None:
    member = create_member(new=NewMember(username="plain"), actor=None)
    client = by_passkey(member, 0)
    answer = client.get("/admin/")
    assert answer.status_code == 403
    assert "ask your administrator" in answer.content.decode()
    User.objects.filter(pk=member.pk).update(is_staff=True)
    assert client.get("/admin/").status_code == 200

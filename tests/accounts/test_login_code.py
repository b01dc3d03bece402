from __future__ import annotations

import re
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.models import LoginCode, User
from accounts.services.members import disable_member, enable_member
from tests.support.accounts.people import browser, events, every_stored_text, make, superuser
from tests.support.racing import at_once

pytestmark = pytest.mark.django_db


def link_for(username: str) -> str:
    """Return the path of the link that the command prints."""
    out = StringIO()
    call_command("login_code", username, stdout=out)
    return "/" + out.getvalue().strip().split("/", 3)[3]


@pytest.fixture
def ada() -> User:
    return make("ada", email="ada@example.com")


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("name", ["ada", "ADA", "Ada@Example.com"])
def test_the_command_writes_exactly_one_line(name: str, settings: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_BASE_URL = "https://id.example.com"
    out, err = StringIO(), StringIO()
    call_command("login_code", name, stdout=out, stderr=err)
    assert re.fullmatch(r"https://id\.example\.com/lc/[A-Za-z0-9_-]{22}\n", out.getvalue())
    assert err.getvalue() == ""


def test_the_command_refuses_who_is_unknown_or_disabled(ada: User) -> None:
    superuser()
    disable_member(member=ada, actor=None)
    for name in ("nobody", "ada"):
        with pytest.raises(CommandError):
            call_command("login_code", name, stdout=StringIO())
    assert not LoginCode.objects.exists()


@pytest.mark.parametrize(
    ("address", "field", "is_refused"),
    [
        ("ada@example.com", "email", True),
        ("ADA@Example.com", "email", True),
        ("ada@example.com", "verified_email", True),
        ("bob@example.com", "email", False),
    ],
)
def test_a_user_name_that_is_anothers_address_names_nobody(address: str, field: str, is_refused: bool) -> None:
    mallory, ada = make("ada@example.com"), make("ada")
    User.objects.filter(pk=ada.pk).update(**{field: address})
    out = StringIO()
    if not is_refused:
        call_command("login_code", "ada@example.com", stdout=out)
        assert LoginCode.objects.get().user == mallory
        return
    with pytest.raises(CommandError) as refusal:
        call_command("login_code", "Ada@example.com", stdout=out)
    assert refusal.value.returncode == 1
    assert "the user name of one member and the address of another ('ada')" in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert out.getvalue() == ""
    assert not LoginCode.objects.exists()
    # As the line says: the one by their user name.
    call_command("login_code", "ada", stdout=out)
    assert LoginCode.objects.get().user == ada


def test_a_members_own_address_as_user_name_is_no_riddle() -> None:
    ada = make("ada@example.com", email="ada@example.com", email_verified=True)
    link_for("ada@example.com")
    assert LoginCode.objects.get().user == ada


def test_looking_shows_the_name_and_one_button_and_consumes_nothing(ada: User) -> None:
    path = link_for("ada")
    client = browser()
    for _ in range(3):
        response = client.get(path)
        text = response.content.decode()
        assert response.status_code == 200
        assert "Sign in as ada" in text
        assert [button.strip() for button in re.findall(r"<button[^>]*>([^<]*)</button>", text)] == ["Sign in"]
    client.head(path)
    assert LoginCode.objects.count() == 1
    assert client.get("/account/").status_code == 302


# L06, V29
def test_pressing_the_button_signs_in_and_consumes(ada: User) -> None:
    path = link_for("ada")
    client = browser()
    response = client.post(path)
    assert response.status_code == 302
    entry = client.session["hearthkey_auth"]
    assert (entry["method"], entry["at"], entry["passkey"]) == ("code", None, None)
    assert client.get("/account/").status_code == 200
    assert not LoginCode.objects.exists()
    again = browser()
    assert again.get(path).status_code == 404
    assert again.post(path).status_code == 404
    assert again.get("/account/").status_code == 302


# L06, V21
@pytest.mark.parametrize(("age", "works"), [(timedelta(seconds=1), False), (timedelta(seconds=-60), True)])
@pytest.mark.usefixtures("ada")
def test_a_code_ends(age: timedelta, works: bool) -> None:
    path = link_for("ada")
    LoginCode.objects.update(expires_at=timezone.now() - age)
    assert browser().get(path).status_code == (200 if works else 404)
    assert browser().post(path).status_code == (302 if works else 404)
    assert [event.data["reason"] for event in events("login_code_refused")] == ([] if works else ["expired"])


@pytest.mark.usefixtures("ada")
def test_a_code_lives_for_an_hour() -> None:
    link_for("ada")
    left = LoginCode.objects.get().expires_at - timezone.now()
    assert timedelta(minutes=59) < left <= timedelta(hours=1)


# L03, V22
def test_a_disabled_members_code_is_refused_and_used_up(ada: User) -> None:
    superuser()
    path = link_for("ada")
    User.objects.update(is_active=False)
    client = browser()
    assert client.get(path).status_code == 404
    assert LoginCode.objects.count() == 1
    assert client.post(path).status_code == 404
    assert not LoginCode.objects.exists()
    assert client.get("/account/").status_code == 302
    assert [event.data["reason"] for event in events("login_code_refused")] == ["member_disabled"]
    User.objects.update(is_active=True)
    assert client.post(path).status_code == 404


def test_another_members_session_is_asked_to_switch(ada: User) -> None:
    path = link_for("ada")
    client = browser(make("bob"))
    text = client.get(path).content.decode()
    assert "You're signed in as bob in this browser" in text
    assert client.post(path).status_code == 302
    assert client.session["_auth_user_id"] == str(ada.pk)


def test_the_members_own_session_is_told_that_it_needs_no_link(ada: User) -> None:
    path = link_for("ada")
    text = browser(ada).get(path).content.decode()
    assert "You're already signed in as ada" in text
    assert "This signs ada out" not in text
    assert "You're signed in" not in browser().get(path).content.decode()


@pytest.mark.parametrize("is_disabled", [True, False])
def test_what_was_made_before_a_member_was_disabled_opens_nothing_when_they_are_enabled(
    ada: User, is_disabled: bool
) -> None:
    superuser()
    path = link_for("ada")
    if is_disabled:
        disable_member(member=ada, actor=None)
        enable_member(member=ada, actor=None)
    assert browser().post(path).status_code == (404 if is_disabled else 302)
    assert [event.data["reason"] for event in events("login_codes_withdrawn")] == ["member_disabled"] * is_disabled


@pytest.mark.usefixtures("ada")
def test_the_address_reaches_no_cache_and_no_other_site() -> None:
    path, client = link_for("ada"), browser()
    for response in (client.get(path), client.get("/lc/unknown"), client.post(path), client.post(path)):
        assert "no-store" in response.headers["Cache-Control"]
        assert response.headers["Referrer-Policy"] == "strict-origin"


# L06
@pytest.mark.usefixtures("ada")
def test_only_a_digest_is_stored() -> None:
    token = link_for("ada").removeprefix("/lc/")
    assert token not in every_stored_text()
    browser().post(f"/lc/{token}")
    assert token not in every_stored_text()


def test_what_happens_is_audited(ada: User) -> None:
    path = link_for("ada")
    client = browser()
    client.post(path)
    client.post(path)
    (created,) = events("login_code_created")
    (used,) = events("login_code_used")
    (refused,) = events("login_code_refused")
    assert created.subject_id == used.subject_id == str(ada.pk)
    assert refused.data["reason"] == "unknown_or_used"
    assert [event.data["method"] for event in events("signed_in")] == ["code"]


@pytest.mark.usefixtures("ada")
def test_a_link_needs_the_forms_own_token() -> None:
    path = link_for("ada")
    assert Client(enforce_csrf_checks=True).post(path).status_code == 403
    assert LoginCode.objects.count() == 1


@pytest.mark.parametrize("token", ["x", "%00", "%ff%fe", "é", "a" * 5000, "..%2f..%2f"])
@pytest.mark.usefixtures("ada")
def test_hostile_links_are_refused(token: str) -> None:
    for method in ("get", "post"):
        assert 400 <= getattr(browser(), method)(f"/lc/{token}").status_code < 500


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("path", ["/lc", "/lc/"])
def test_the_short_addresses_ask_for_a_code(path: str) -> None:
    response = browser().get(path)
    assert response.status_code == 200
    assert "Sign-in code" in response.content.decode()


# L06
@pytest.mark.django_db(transaction=True)
def test_of_fifty_simultaneous_uses_one_works() -> None:
    make("ada")
    path = link_for("ada")
    statuses = at_once([lambda: browser().post(path).status_code] * 50)
    assert sorted(map(str, statuses)) == ["302", *["404"] * 49]
    assert len(events("login_code_used")) == 1
    assert len(events("signed_in")) == 1

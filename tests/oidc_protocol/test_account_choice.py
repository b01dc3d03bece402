"""Several people at one browser: who goes on is asked, and *Not you?* is always there."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.contrib.auth.models import Group

from oidc_clients.models import Grant, Interaction
from tests.support.oidc_protocol.factories import (
    answer_of,
    ask,
    browser,
    goes_on_to,
    make_client,
    make_member,
    sign_in,
    signed_in,
)

pytestmark = pytest.mark.django_db

COOKIE = "hearthkey_people"


def long_ago() -> int:
    return int(time.time()) - 3000


def change_to(found: Any, member: Any, *, at: int | None = None) -> None:
    """The browser's next member: a new session, and the cookies that are not a session's stay."""
    found.cookies.pop("sessionid", None)
    sign_in(found, member, at=at)


def pending(found: Any) -> Any:
    interaction = Interaction.objects.latest("expires_at")
    return interaction, found.get(f"/authorize?interaction={interaction.pk}")


def test_one_person_alone_is_never_asked() -> None:
    client, member = make_client(skip_authorization=True), make_member()
    found = signed_in(member, at=long_ago())
    for _ in range(3):
        assert answer_of(ask(found, client))["code"]


def test_who_shares_a_browser_is_asked_once_for_each_session() -> None:
    client, owner, colleague = make_client(skip_authorization=True), make_member(), make_member("colleague")
    found = signed_in(owner, at=long_ago())
    assert answer_of(ask(found, client))["code"]
    change_to(found, colleague, at=long_ago())
    assert ask(found, client).status_code == 303
    interaction, page = pending(found)
    assert b"Continue as colleague" in page.content
    assert b"Use another account" in page.content
    assert b"Not you?" in page.content
    # Neither the name nor anything else of the other person is shown.
    assert b"owner" not in page.content
    kept = found.post(f"/authorize/{interaction.pk}/account/keep")
    assert answer_of(found.get(goes_on_to(kept)))["code"]
    assert Grant.objects.latest("pk").user == colleague
    assert answer_of(ask(found, client))["code"]
    # Another session is asked anew, and so is another member.
    change_to(found, owner, at=long_ago())
    assert ask(found, client).status_code == 303
    _, page = pending(found)
    assert b"Continue as owner" in page.content


def test_using_another_account_ends_the_session_and_the_request_goes_on() -> None:
    client, owner, colleague = make_client(skip_authorization=True), make_member(), make_member("colleague")
    found = signed_in(owner, at=long_ago())
    ask(found, client)
    change_to(found, colleague, at=long_ago())
    ask(found, client)
    interaction, _ = pending(found)
    switched = found.post(f"/authorize/{interaction.pk}/account/switch")
    assert goes_on_to(switched).startswith("/login?next=")
    assert "_auth_user_id" not in found.session
    sign_in(found, owner)
    assert answer_of(found.get(f"/authorize?interaction={interaction.pk}"))["code"]
    assert Grant.objects.latest("pk").user == owner


def test_who_signs_in_for_the_request_has_chosen_for_this_session() -> None:
    client, owner, colleague = make_client(skip_authorization=True), make_member(), make_member("colleague")
    found = signed_in(owner, at=long_ago())
    ask(found, client)
    found.cookies.pop("sessionid")
    assert ask(found, client).headers["Location"].startswith("/login")
    sign_in(found, colleague)
    _, answered = pending(found)
    assert answer_of(answered)["code"]
    assert answer_of(ask(found, client))["code"]


def test_a_silent_request_asks_nobody_and_leaves_no_trace() -> None:
    client, owner, colleague = make_client(skip_authorization=True), make_member(), make_member("colleague")
    found = signed_in(owner, at=long_ago())
    silent = ask(found, client, prompt="none")
    assert answer_of(silent)["code"]
    assert COOKIE not in silent.cookies
    ask(found, client)
    change_to(found, colleague, at=long_ago())
    assert answer_of(ask(found, client, prompt="none"))["code"]


def test_the_cookie_names_nobody_and_a_forged_one_counts_for_nothing(settings: Any) -> None:
    settings.SESSION_COOKIE_SECURE = True
    client, member = make_client(skip_authorization=True), make_member()
    cookie = ask(signed_in(member), client).cookies[f"__Host-{COOKIE}"]
    assert str(member.pk) not in cookie.value
    assert member.username not in cookie.value
    assert cookie["httponly"]
    assert cookie["secure"]
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/"
    found = signed_in(member, at=long_ago())
    found.cookies[f"__Host-{COOKIE}"] = "0123456789abcdef." + cookie.value
    assert answer_of(ask(found, client))["code"]


def test_not_you_is_on_every_page() -> None:
    group = Group.objects.create(name="family")
    consenting, closed = make_client(), make_client("closed", groups=(group,))
    member = make_member()
    found = signed_in(member, at=long_ago())
    for client, changes, words in (
        (consenting, {}, b"Continue"),
        (consenting, {"prompt": "select_account"}, b"Continue as owner"),
        (closed, {}, b"have access to Closed"),
    ):
        ask(found, client, **changes)
        interaction, page = pending(found)
        assert words in page.content
        assert b"Not you?" in page.content
        assert f"/authorize/{interaction.pk}/account/switch".encode() in page.content
    # The step that stands on a page of the site's is told the way back to one of ours.
    ask(found, consenting, prompt="login")
    interaction, step_up = pending(found)
    assert step_up.headers["Location"].endswith(f"&back=%2Fauthorize%2F{interaction.pk}%2Fleave")
    leave = found.get(f"/authorize/{interaction.pk}/leave")
    assert leave.status_code == 200
    assert b"Not you?" in leave.content
    assert b"Cancel" in leave.content
    assert f"/authorize?interaction={interaction.pk}".encode() in leave.content
    assert signed_in(member).get(f"/authorize/{interaction.pk}/leave").status_code == 400
    assert answer_of(found.post(f"/authorize/{interaction.pk}/cancel"))["error"] == "access_denied"


@pytest.mark.parametrize(
    ("prompt", "pages"),
    [
        ("login", ["/login"]),
        ("consent", ["Continue"]),
        ("select_account", ["Continue as owner"]),
        ("login consent", ["/login", "Continue"]),
        ("consent select_account", ["Continue as owner", "Continue"]),
        ("select_account login", ["Continue as owner", "/login"]),
        ("select_account login consent", ["Continue as owner", "/login", "Continue"]),
    ],
)
def test_prompts_are_combined_in_a_fixed_order(prompt: str, pages: list[str]) -> None:
    client, member = make_client(skip_authorization=True), make_member()
    found = signed_in(member, at=long_ago())
    assert ask(found, client, prompt=prompt).status_code == 303
    interaction, page = pending(found)
    for expected in pages:
        assert not Grant.objects.exists()
        if expected == "/login":
            assert page.headers["Location"].startswith("/login?next=")
            sign_in(found, member)
            page = found.get(f"/authorize?interaction={interaction.pk}")
        elif expected == "Continue":
            assert b"/consent" in page.content
            page = found.post(f"/authorize/{interaction.pk}/consent")
        else:
            assert expected.encode() in page.content
            page = found.get(goes_on_to(found.post(f"/authorize/{interaction.pk}/account/keep")))
    assert answer_of(page)["code"]


# A17
@pytest.mark.parametrize("prompt", ["none login", "none consent", "none select_account", "login none", "none none x"])
def test_none_stands_alone(prompt: str) -> None:
    client, member = make_client(skip_authorization=True), make_member()
    assert answer_of(ask(signed_in(member), client, prompt=prompt))["error"] == "invalid_request"
    assert answer_of(ask(signed_in(member), client, prompt="none"))["code"]


def test_a_step_can_not_be_skipped_by_the_form_of_a_later_one() -> None:
    client, member = make_client(), make_member()
    found = signed_in(member, at=long_ago())
    ask(found, client, prompt="select_account login consent")
    interaction, _ = pending(found)
    for _ in range(2):
        skipped = found.post(f"/authorize/{interaction.pk}/consent")
        assert goes_on_to(skipped).startswith("/authorize?interaction=")
        assert not Grant.objects.exists()
        found.post(f"/authorize/{interaction.pk}/account/keep")
    sign_in(found, member)
    assert answer_of(found.post(f"/authorize/{interaction.pk}/consent"))["code"]


def test_nobody_signed_in_decides_nothing() -> None:
    client = make_client()
    found = browser()
    ask(found, client)
    interaction = Interaction.objects.get()
    assert goes_on_to(found.post(f"/authorize/{interaction.pk}/consent")).startswith("/authorize?")
    assert goes_on_to(found.post(f"/authorize/{interaction.pk}/account/keep")).startswith("/authorize?")
    assert found.get(f"/authorize/{interaction.pk}/leave").headers["Location"].startswith("/login?next=")
    assert not Grant.objects.exists()

"""Whoever is refused leaves a trace, also where all that they did was undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from accounts.services import groups
from audit.models import Event
from passkeys.models import Passkey
from tests.support.accounts.people import browser, events, make, superuser
from tests.support.passkey_sessions import passkey_of

pytestmark = pytest.mark.django_db
LIST = "/admin/hearthkey_accounts/user/"
OFFICE = ("view_user", "change_user", "delete_user", "view_group", "change_group")
REQUESTS: dict[str, Callable[[User], tuple[str, dict[str, Any]]]] = {
    "code": lambda goal: (f"{LIST}{goal.pk}/code/", {}),
    "disable": lambda goal: (f"{LIST}{goal.pk}/disable/", {}),
    "disable many": lambda goal: (LIST, {"action": "disable_members", "_selected_action": str(goal.pk)}),
    "change": lambda goal: (f"{LIST}{goal.pk}/change/", {"username": goal.username, "first_name": "New"}),
    "delete": lambda goal: (f"{LIST}{goal.pk}/delete/", {"post": "yes"}),
}


@pytest.mark.parametrize("above", [True, False])
@pytest.mark.parametrize("how", REQUESTS)
def test_an_operator_who_reaches_above_themselves_is_written_down(how: str, above: bool) -> None:
    superuser("spare")
    goal = superuser("goal") if above else make("goal")
    steve = make("steve", is_staff=True, permissions=OFFICE)
    path, form = REQUESTS[how](goal)
    browser(steve).post(path, form)
    found = events("operator_refused")
    if not above:
        assert found == []
        return
    (event,) = found
    assert (event.actor_id, event.subject_id, event.data["reason"]) == (str(steve.pk), str(goal.pk), "not_allowed")
    assert event.data["action"].startswith("hearth")


def test_looking_where_one_may_not_is_no_such_event() -> None:
    goal, steve = superuser("goal"), make("steve", is_staff=True, permissions=OFFICE)
    browser(steve).get(f"{LIST}{goal.pk}/delete/")
    assert events("operator_refused") == []


def test_the_last_superuser_is_written_down_and_a_typing_error_is_not() -> None:
    root = superuser()
    browser(root).post(f"{LIST}{root.pk}/change/", {"username": "not a name"})
    assert events("operator_refused") == []
    browser(root).post(f"{LIST}{root.pk}/change/", {"username": "root"})
    (event,) = events("operator_refused")
    assert event.data["reason"] == "last_superuser"


def test_a_groups_member_who_is_above_is_written_down() -> None:
    root, steve = superuser(), make("steve", is_staff=True, permissions=OFFICE)
    group = groups.create_group(friendly_name="Team", actor=None, members=[root])
    form = {"friendly_name": "Team", "name": "team"}
    browser(steve).post(f"/admin/auth/group/{group.pk}/change/", form)
    assert group.user_set.count() == 1
    (event,) = events("operator_refused")
    assert (event.actor_id, event.data["group"]) == (str(steve.pk), str(group.pk))


@pytest.mark.parametrize("above", [True, False])
def test_an_operator_who_reaches_for_a_passkey_is_written_down(above: bool) -> None:
    superuser("spare")
    passkey = passkey_of(superuser("goal") if above else make("goal"))
    steve = make("steve", is_staff=True, permissions=("view_passkey", "delete_passkey"))
    browser(steve).post(f"/admin/hearthkey_passkeys/passkey/{passkey.pk}/delete/", {"post": "yes"})
    assert Passkey.objects.filter(pk=passkey.pk).exists() is above
    found = Event.objects.filter(name="passkey_refused")
    assert [event.actor_id for event in found] == ([str(steve.pk)] if above else [])


@pytest.mark.parametrize(("token", "count"), [("wrong", 2), ("", 0), ("right", 0)])
def test_a_wrong_set_up_token_is_written_down(settings: Any, token: str, count: int) -> None:
    settings.HEARTHKEY_ACCOUNTS_SETUP_TOKEN_FIXED, settings.HEARTHKEY_ACCOUNTS_SETUP_TOKEN = True, "right"
    client = browser()
    client.get("/setup", {"token": token} if token else {})
    client.post("/setup", {"username": "root", "email": "root@example.com", "token": token})
    assert [event.data["reason"] for event in events("setup_refused")] == ["wrong_token"] * count
    assert User.objects.exists() is (token == "right")

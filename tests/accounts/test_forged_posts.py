from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import LoginCode, User
from accounts.services import codes, groups, members
from tests.support.accounts.people import make, superuser
from tests.support.passkey_sessions import begin_passkey_session

pytestmark = pytest.mark.django_db
MEMBERS = "/admin/hearthkey_accounts/user/"


def strict(user: User | None = None) -> Client:
    """Return a browser whose forms are checked as people's are."""
    client = Client(enforce_csrf_checks=True)
    if user is not None:
        begin_passkey_session(client, user)
    return client


def token_on(client: Client, path: str) -> str:
    """Return the token of the page's form, with its cookie in the browser."""
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get(path).content.decode())
    assert found, path
    return found[1]


def state() -> Any:
    people = list(User.objects.order_by("pk").values_list("username", "first_name", "is_active", "is_superuser"))
    return people, LoginCode.objects.count()


def page_of(goal: User) -> str:
    return f"{MEMBERS}{goal.pk}/"


# The page that has the form, the address it is sent to, and what is typed.
ACTIONS: dict[str, Callable[[User], tuple[str, str, dict[str, Any]]]] = {
    "code": lambda goal: (f"{page_of(goal)}change/", f"{page_of(goal)}code/", {}),
    "disable": lambda goal: (f"{page_of(goal)}change/", f"{page_of(goal)}disable/", {}),
    "enable": lambda goal: (f"{page_of(goal)}change/", f"{page_of(goal)}enable/", {}),
    "delete": lambda goal: (f"{page_of(goal)}delete/", f"{page_of(goal)}delete/", {"post": "yes"}),
    "change": lambda goal: (
        f"{page_of(goal)}change/",
        f"{page_of(goal)}change/",
        {"username": "goal", "first_name": "New"},
    ),
    "add": lambda _goal: (f"{MEMBERS}add/", f"{MEMBERS}add/", {"username": "fresh"}),
    "disable many": lambda goal: (
        MEMBERS,
        MEMBERS,
        {"action": "disable_members", "_selected_action": [str(goal.pk)]},
    ),
}


@pytest.mark.parametrize("action", ACTIONS)
def test_an_operators_action_needs_the_forms_own_token(action: str) -> None:
    root, goal = superuser(), make("goal")
    if action == "enable":
        members.disable_member(member=goal, actor=None)
    form_page, path, form = ACTIONS[action](goal)
    client = strict(root)
    token = token_on(client, form_page)
    before = state()
    assert client.post(path, form).status_code == 403
    assert client.post(path, {**form, "csrfmiddlewaretoken": "x" * 64}).status_code == 403
    elsewhere = {"origin": "https://evil.example"}
    assert client.post(path, {**form, "csrfmiddlewaretoken": token}, headers=elsewhere).status_code == 403
    assert state() == before
    assert client.post(path, {**form, "csrfmiddlewaretoken": token}).status_code in {200, 302}
    assert state() != before


def test_a_groups_form_needs_its_own_token() -> None:
    client = strict(superuser())
    group = groups.create_group(friendly_name="Friends", actor=None)
    path, form = f"/admin/auth/group/{group.pk}/change/", {"friendly_name": "Pals", "name": "pals"}
    token = token_on(client, path)
    assert client.post(path, form).status_code == 403
    group.refresh_from_db()
    assert group.name == "friends"
    assert client.post(path, {**form, "csrfmiddlewaretoken": token}).status_code == 302
    group.refresh_from_db()
    assert group.name == "pals"


def test_the_wizard_needs_its_own_token(settings: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_SETUP_OPEN = True
    client, form = strict(), {"username": "root", "email": "root@example.com"}
    token = token_on(client, "/setup")
    assert client.post("/setup", form).status_code == 403
    assert not User.objects.exists()
    assert client.post("/setup", {**form, "csrfmiddlewaretoken": token}).status_code == 302
    assert User.objects.get().is_superuser


def test_signing_out_needs_the_forms_own_token() -> None:
    client = strict(make("ada"))
    token = token_on(client, "/logout")
    assert client.post("/logout").status_code == 403
    assert "_auth_user_id" in client.session
    assert client.post("/logout", {"csrfmiddlewaretoken": token}).status_code == 302
    assert "_auth_user_id" not in client.session


def test_a_one_time_link_needs_the_forms_own_token() -> None:
    superuser()
    link = codes.create_code(user=make("ada"), actor=None).link
    path, client = link[link.index("/lc/") :], strict()
    token = token_on(client, path)
    assert client.post(path).status_code == 403
    assert LoginCode.objects.exists()
    assert client.post(path, {"csrfmiddlewaretoken": token}).status_code == 302
    assert "_auth_user_id" in client.session

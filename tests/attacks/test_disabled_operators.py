"""An operator who was disabled does nothing more, even where their session is still there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import ReservedIdentifier, User
from accounts.services import groups, members
from audit.models import Event
from tests.support.accounts.people import browser, make, superuser
from tests.support.passkey_sessions import passkey_of

pytestmark = pytest.mark.django_db
LIST = "/admin/hearthkey_accounts/user/"
EVENTS = "/admin/hearthkey_audit/event/"


def former_address(goal: User) -> ReservedIdentifier:
    for email in ("old@example.com", "new@example.com"):
        members.change_member(member=User.objects.get(pk=goal.pk), values={"email": email}, actor=None)
    return ReservedIdentifier.objects.get(kind="email", key="old@example.com")


def group_of(goal: User) -> int:
    return groups.create_group(friendly_name="Team", actor=None, members=[goal]).pk


# What is sent, and the event by which the trail tells that it was done.
ACTIONS: dict[str, tuple[Callable[[User], tuple[str, dict[str, Any]]], str]] = {
    "make a link": (lambda goal: (f"{LIST}{goal.pk}/code/", {}), "login_code_created"),
    "disable": (lambda goal: (f"{LIST}{goal.pk}/disable/", {}), "member_disabled"),
    "disable many": (
        lambda goal: (LIST, {"action": "disable_members", "_selected_action": str(goal.pk)}),
        "member_disabled",
    ),
    "change": (lambda goal: (f"{LIST}{goal.pk}/change/", {"username": "goal", "first_name": "New"}), "member_changed"),
    "delete": (lambda goal: (f"{LIST}{goal.pk}/delete/", {"post": "yes"}), "member_deleted"),
    "make a group": (
        lambda goal: ("/admin/auth/group/add/", {"friendly_name": "New", "members": str(goal.pk)}),
        "group_created",
    ),
    "delete a group": (lambda goal: (f"/admin/auth/group/{group_of(goal)}/delete/", {"post": "yes"}), "group_deleted"),
    "release": (
        lambda goal: (
            f"/admin/hearthkey_accounts/reservedidentifier/{former_address(goal).pk}/delete/",
            {"post": "yes"},
        ),
        "identifier_released",
    ),
    "remove a passkey": (
        lambda goal: (f"/admin/hearthkey_passkeys/passkey/{passkey_of(goal).pk}/delete/", {}),
        "passkey_removed",
    ),
    "export": (lambda _goal: (f"{EVENTS}export/", {}), "audit_exported"),
}


@pytest.mark.parametrize("is_active", [True, False])
@pytest.mark.parametrize("action", ACTIONS)
def test_a_disabled_operator_does_nothing_more(action: str, is_active: bool) -> None:
    superuser("spare")
    operator, goal = superuser("operator"), make("goal")
    request, done = ACTIONS[action]
    path, form = request(goal)
    client = browser(operator)
    Event.objects.all().delete()
    # Past the service, which would end the session too.
    User.objects.filter(pk=operator.pk).update(is_active=is_active)
    answer = client.post(path, form)
    assert answer.status_code in {200, 302}
    assert Event.objects.filter(name=done).exists() is is_active
    if not is_active:
        assert not Event.objects.exists()
        assert "/login" in answer.headers["Location"]


@pytest.mark.parametrize("is_active", [True, False])
@pytest.mark.parametrize("path", [EVENTS, LIST, "/admin/hearthkey_passkeys/passkey/", "/admin/auth/group/"])
def test_a_disabled_operator_reads_nothing_more(path: str, is_active: bool) -> None:
    operator = superuser("operator")
    client = browser(operator)
    User.objects.filter(pk=operator.pk).update(is_active=is_active)
    assert client.get(path).status_code == (200 if is_active else 302)

"""Whoever kept a member's one-time link or its session holds nothing once the member is given rights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import LoginCode, Session, User
from accounts.services import codes, groups, members
from audit.models import Event
from tests.support.accounts.people import events, make, superuser

pytestmark = pytest.mark.django_db


def _change(**values: Any) -> Callable[[User, User], None]:
    return lambda root, goal: members.change_member(member=goal, values=values, actor=root)


def _permit(*names: str) -> Callable[[User, User], None]:
    return lambda root, goal: members.set_permissions(
        member=goal, permissions=Permission.objects.filter(codename__in=names), actor=root
    )


def _join(*, is_role: bool) -> Callable[[User, User], None]:
    def join(root: User, goal: User) -> None:
        group = groups.create_group(friendly_name="Keepers", is_role=is_role, actor=root)
        groups.set_members(group=group, members=[goal], actor=root)

    return join


def _widen(*names: str) -> Callable[[User, User], None]:
    def widen(root: User, goal: User) -> None:
        group = goal.groups.get()
        groups.set_group_permissions(group=group, permissions=Permission.objects.filter(codename__in=names), actor=root)

    return widen


def _mark(*, is_role: bool) -> Callable[[User, User], None]:
    def mark(root: User, goal: User) -> None:
        group = goal.groups.get()
        groups.change_group(group=group, friendly_name="Other", name="other", is_role=is_role, actor=root)

    return mark


# What raises a member, and its twin, which changes as much and gives nothing.
RAISED = {
    "superuser": (_change(is_superuser=True), _change(first_name="New")),
    "operator": (_change(is_staff=True), _change(email="new@example.com")),
    "permissions": (_permit("view_user"), _permit()),
    "a role": (_join(is_role=True), _join(is_role=False)),
    "permissions of their group": (_widen("view_user"), _widen()),
    "their group is made a role": (_mark(is_role=True), _mark(is_role=False)),
}


@pytest.fixture
def goal() -> User:
    member = make("mallet")
    groups.create_group(friendly_name="Friends", actor=None, members=[member])
    return member


def sessions_of(member: User) -> list[str]:
    return sorted(Session.objects.filter(user=member).values_list("method", flat=True))


def session(member: User, method: str) -> None:
    Session.objects.create(
        key_digest=method, data="", user=member, method=method, expires_at="2100-01-01T00:00:00+00:00"
    )


@pytest.mark.parametrize("how", RAISED)
def test_rights_end_what_no_passkey_confirmed(how: str, goal: User) -> None:
    raising, harmless = RAISED[how]
    root = superuser()
    for method in ("passkey", "code", "setup", "device"):
        session(goal, method)
    codes.create_code(user=goal, actor=root)
    harmless(root, User.objects.get(pk=goal.pk))
    assert sessions_of(goal) == ["code", "device", "passkey", "setup"]
    assert LoginCode.objects.filter(user=goal).count() == 1
    assert events("login_codes_withdrawn") == []
    goal.groups.exclude(name="other").exclude(name="friends").delete()
    raising(root, User.objects.get(pk=goal.pk))
    assert sessions_of(goal) == ["passkey"]
    assert not LoginCode.objects.filter(user=goal).exists()
    (ended,) = events("session_ended")
    assert (ended.subject_id, ended.data["count"], ended.data["reason"]) == (str(goal.pk), 3, "rights_given")
    assert [event.subject_id for event in events("login_codes_withdrawn")] == [str(goal.pk)]


def test_an_operators_kept_session_does_not_rise_with_the_member(goal: User) -> None:
    root = superuser()
    steve = make("steve", is_staff=True, permissions=("view_user", "change_user"))
    kept = Client()
    link = codes.create_code(user=goal, actor=steve).link
    assert kept.post(link[link.index("/lc/") :]).status_code == 302
    assert kept.get("/account/").status_code == 200
    members.change_member(member=User.objects.get(pk=goal.pk), values={"is_superuser": True}, actor=root)
    assert kept.get("/account/").status_code == 302
    assert "_auth_user_id" not in kept.session


def test_taking_rights_away_ends_every_session() -> None:
    root, other = superuser(), superuser("other")
    session(other, "code")
    members.change_member(member=User.objects.get(pk=other.pk), values={"first_name": "Otto"}, actor=root)
    assert sessions_of(other) == ["code"]
    members.change_member(member=User.objects.get(pk=other.pk), values={"is_superuser": False}, actor=root)
    assert sessions_of(other) == []
    (ended,) = Event.objects.filter(name="session_ended")
    assert ended.data["reason"] == "rights_taken"

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission

from accounts.exceptions import NotAllowed
from accounts.models import LoginCode, User
from accounts.services import codes, groups, members
from tests.support.accounts.people import browser, make, superuser

pytestmark = pytest.mark.django_db
OFFICE = (
    "view_user",
    "add_user",
    "change_user",
    "delete_user",
    "view_group",
    "add_group",
    "change_group",
    "delete_group",
)
ACTORS = ("superuser", "staff", "bare staff", "plain")
TARGETS = ("superuser", "holder", "plain")


@pytest.fixture
def world() -> dict[str, Any]:
    superuser("spare")
    friends = groups.create_group(friendly_name="Friends", actor=None)
    role = groups.create_group(friendly_name="Keepers", is_role=True, actor=None)
    found: dict[str, Any] = {
        "actor superuser": superuser("chief"),
        "actor staff": make("office", is_staff=True, permissions=OFFICE),
        "actor bare staff": make("visitor", is_staff=True),
        "actor plain": make("plainactor"),
        "superuser": superuser("goal-super", email="s@example.com"),
        # Somebody with one permission that the office does not have.
        "holder": make("goal-holder", email="h@example.com", permissions=("view_session",)),
        "plain": make("goal-plain", email="p@example.com"),
        "friends": friends,
        "role": role,
    }
    for kind in TARGETS:
        made = groups.create_group(friendly_name=f"Of {kind}", actor=None)
        found[kind].groups.add(made)
        found[f"group of {kind}"] = made
    return found


def state() -> Any:
    """Return everything that an action could have changed."""
    fields = ("pk", "username", "email", "first_name", "is_active", "is_staff", "is_superuser")
    people = [
        (*(getattr(user, field) for field in fields), *_names(user.groups), *_codes(user.user_permissions))
        for user in User.objects.order_by("username")
    ]
    kinds = [
        (group.pk, group.name, group.details.friendly_name, group.details.is_role, *_codes(group.permissions))
        for group in Group.objects.select_related("details").order_by("pk")
    ]
    return people, kinds, LoginCode.objects.count()


def _names(rows: Any) -> tuple[str, ...]:
    return tuple(rows.order_by("name").values_list("name", flat=True))


def _codes(rows: Any) -> tuple[str, ...]:
    return tuple(rows.order_by("codename").values_list("codename", flat=True))


def _change(**values: Any) -> Callable[[dict[str, Any], User, User], Any]:
    return lambda world, actor, target: members.change_member(member=target, values=values, actor=actor)


def _permit(world: dict[str, Any], actor: User, target: User) -> None:
    members.set_permissions(member=target, permissions=Permission.objects.filter(codename="change_user"), actor=actor)


TOUCH: dict[str, Callable[[dict[str, Any], User, User], Any]] = {
    "edit": _change(first_name="New"),
    "change address": _change(email="new@example.com"),
    "disable": lambda world, actor, target: members.disable_member(member=target, actor=actor),
    "enable": lambda world, actor, target: members.enable_member(member=target, actor=actor),
    "delete": lambda world, actor, target: members.delete_member(member=target, actor=actor),
    "regroup": lambda world, actor, target: groups.set_groups(member=target, groups=[world["friends"]], actor=actor),
    "make code": lambda world, actor, target: codes.create_code(user=target, actor=actor),
    "delete their group": lambda world, actor, target: groups.delete_group(group=target.groups.get(), actor=actor),
}
GRANT: dict[str, Callable[[dict[str, Any], User, User], Any]] = {
    "set superuser": lambda world, actor, target: members.change_member(
        member=target, values={"is_superuser": not target.is_superuser}, actor=actor
    ),
    "set staff": lambda world, actor, target: members.change_member(
        member=target, values={"is_staff": not target.is_staff, "is_superuser": False}, actor=actor
    ),
    "set permissions": _permit,
    "give a role": lambda world, actor, target: groups.set_groups(member=target, groups=[world["role"]], actor=actor),
    "rename a role": lambda world, actor, target: groups.change_group(
        group=world["role"], friendly_name="Other", name="other", is_role=True, actor=actor
    ),
    "delete a role": lambda world, actor, target: groups.delete_group(group=world["role"], actor=actor),
}


def may(actor: str, action: str, target: str) -> bool:
    """Decision 16 in one line: superusers everything; below them only touching who holds nothing that they lack.

    Whether somebody may use the members' pages at all is the admin's question, which asks for their permissions; the
    service asks only who stands above whom. A plain actor stands below nobody who holds nothing.
    """
    return actor == "superuser" or (action in TOUCH and target == "plain")


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("action", [*TOUCH, *GRANT])
@pytest.mark.parametrize("actor", ACTORS)
def test_the_services_let_nobody_reach_above_themselves(
    world: dict[str, Any], actor: str, action: str, target: str
) -> None:
    if action == "enable":
        User.objects.filter(pk=world[target].pk).update(is_active=False)
    goal = User.objects.get(pk=world[target].pk)
    before = state()
    act = {**TOUCH, **GRANT}[action]
    if may(actor, action, target):
        act(world, world[f"actor {actor}"], goal)
        assert state() != before
    else:
        with pytest.raises(NotAllowed):
            act(world, world[f"actor {actor}"], goal)
        assert state() == before


def page_of(user: User) -> str:
    return f"/admin/hearthkey_accounts/user/{user.pk}"


def form_of(user: User, **changes: Any) -> dict[str, Any]:
    """Return a member's form as the page holds it, with changes."""
    values: dict[str, Any] = {"username": user.username, "email": user.email, "first_name": user.first_name}
    values["groups"] = list(user.groups.values_list("pk", flat=True))
    values.update({name: "on" for name in ("is_staff", "is_superuser") if getattr(user, name)})
    return {**values, **changes}


def _save(**changes: Any) -> Callable[[dict[str, Any], User], tuple[str, dict[str, Any]]]:
    return lambda world, target: (f"{page_of(target)}/change/", form_of(target, **changes))


PAGES: dict[str, Callable[[dict[str, Any], User], tuple[str, dict[str, Any]]]] = {
    "edit": _save(first_name="New"),
    "change address": _save(email="new@example.com"),
    "disable": lambda world, target: (f"{page_of(target)}/disable/", {}),
    "enable": lambda world, target: (f"{page_of(target)}/enable/", {}),
    "disable many": lambda world, target: (
        "/admin/hearthkey_accounts/user/",
        {"action": "disable_members", "_selected_action": [str(target.pk)]},
    ),
    "delete": lambda world, target: (f"{page_of(target)}/delete/", {"post": "yes"}),
    "regroup": lambda world, target: (
        f"{page_of(target)}/change/",
        form_of(target, groups=[world["friends"].pk]),
    ),
    "regroup from the group": lambda world, target: (
        f"/admin/auth/group/{world['friends'].pk}/change/",
        {"friendly_name": "Friends", "name": "friends", "members": [str(target.pk)]},
    ),
    "make code": lambda world, target: (f"{page_of(target)}/code/", {}),
    "delete their group": lambda world, target: (
        f"/admin/auth/group/{target.groups.get().pk}/delete/",
        {"post": "yes"},
    ),
}
GRANT_PAGES: dict[str, Callable[[dict[str, Any], User], tuple[str, dict[str, Any]]]] = {
    "set superuser and staff": _save(is_staff="on", is_superuser="on"),
    "set permissions": lambda world, target: (
        f"{page_of(target)}/change/",
        form_of(target, user_permissions=[Permission.objects.get(codename="delete_user").pk]),
    ),
    "give a role": lambda world, target: (
        f"{page_of(target)}/change/",
        form_of(target, groups=[world["role"].pk]),
    ),
    "give a role from the group": lambda world, target: (
        f"/admin/auth/group/{world['role'].pk}/change/",
        {"friendly_name": "Keepers", "name": "keepers", "is_role": "on", "members": [str(target.pk)]},
    ),
    "rename a role": lambda world, target: (
        f"/admin/auth/group/{world['role'].pk}/change/",
        {"friendly_name": "Other", "name": "other", "is_role": "on"},
    ),
    "delete a role": lambda world, target: (f"/admin/auth/group/{world['role'].pk}/delete/", {"post": "yes"}),
    "make a role": lambda world, target: (
        f"/admin/auth/group/{world['friends'].pk}/change/",
        {"friendly_name": "Friends", "name": "friends", "is_role": "on"},
    ),
    "make a superuser": lambda world, target: (
        "/admin/hearthkey_accounts/user/add/",
        {"username": "fresh", "is_staff": "on", "is_superuser": "on"},
    ),
}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("action", [*PAGES, *GRANT_PAGES])
@pytest.mark.parametrize("actor", ACTORS)
def test_the_operators_pages_let_nobody_reach_above_themselves(
    world: dict[str, Any], actor: str, action: str, target: str
) -> None:
    if action == "enable":
        User.objects.filter(pk=world[target].pk).update(is_active=False)
    goal = User.objects.get(pk=world[target].pk)
    before = state()
    path, form = {**PAGES, **GRANT_PAGES}[action](world, goal)
    response = browser(world[f"actor {actor}"]).post(path, form)
    assert response.status_code < 500
    if actor == "staff" and action == "make a superuser":
        # This operator's form has no such fields: what they make is plain.
        fresh = User.objects.get(username="fresh")
        assert not fresh.is_staff
        assert not fresh.is_superuser
    elif actor == "superuser":
        assert (state() == before) is (target == "superuser" and action == "set superuser and staff")
    elif actor == "staff" and action in PAGES and target == "plain":
        assert state() != before
    else:
        assert state() == before
        assert response.status_code in {200, 302, 403}


@pytest.mark.parametrize("path", ["/admin/", "/admin/hearthkey_accounts/user/", "/admin/auth/group/"])
def test_the_administration_is_for_operators(path: str, world: dict[str, Any]) -> None:
    assert browser(world["actor staff"]).get(path).status_code == 200
    assert browser(world["actor plain"]).get(path).status_code == 403
    response = browser().get(path, follow=True)
    assert response.redirect_chain[-1][0].startswith("/login?next=")


@pytest.mark.parametrize(("actor", "may_make"), [("superuser", True), ("staff", False)])
def test_a_code_for_an_operator_is_made_by_superusers_only(world: dict[str, Any], actor: str, may_make: bool) -> None:
    goal = world["actor bare staff"]
    browser(world[f"actor {actor}"]).post(f"{page_of(goal)}/code/")
    assert LoginCode.objects.filter(user=goal).exists() is may_make


def test_a_disabled_members_permissions_still_count(world: dict[str, Any]) -> None:
    goal = world["holder"]
    members.disable_member(member=goal, actor=None)
    with pytest.raises(NotAllowed):
        members.delete_member(member=goal, actor=world["actor staff"])


def test_an_operator_who_saves_a_member_leaves_their_roles(world: dict[str, Any]) -> None:
    goal = world["plain"]
    goal.groups.add(world["role"])
    response = browser(world["actor staff"]).post(f"{page_of(goal)}/change/", form_of(goal, groups=[], first_name="Z"))
    assert response.status_code == 302
    assert _names(goal.groups) == ("keepers",)

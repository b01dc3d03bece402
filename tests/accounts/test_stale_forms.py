"""A form that was open for a while saves what its operator changed, and undoes nobody else's work."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from accounts.models import User
from accounts.services import groups, members
from tests.support.accounts.people import browser, make, superuser

pytestmark = pytest.mark.django_db


@pytest.fixture
def root() -> User:
    return superuser()


def opened(client: Client, path: str) -> dict[str, Any]:
    """Return what the page's form would post if nothing were touched."""
    answer = client.get(path)
    assert answer.status_code == 200
    form = answer.context["adminform"].form
    hidden = re.search(r'<input type="hidden" name="seen" value="([^"]*)"', answer.content.decode())
    assert hidden, "the page remembers what it shows"
    values: dict[str, Any] = {"seen": unescape(hidden[1])}
    for name in form.fields:
        value = form[name].value()
        if name == "seen" or value in (None, False, ""):
            continue
        many = isinstance(value, list)
        values[name] = [str(getattr(row, "pk", row)) for row in value] if many else "on" if value is True else value
    return values


def group_page(group: Group) -> str:
    return f"/admin/auth/group/{group.pk}/change/"


def member_page(member: User) -> str:
    return f"/admin/hearthkey_accounts/user/{member.pk}/change/"


def names(rows: Any) -> list[str]:
    return sorted(str(row) for row in rows.all())


def test_a_stale_group_page_readmits_and_expels_nobody(root: User) -> None:
    anna, ben, cleo, dora = (make(name) for name in ("anna", "ben", "cleo", "dora"))
    group, client = groups.create_group(friendly_name="Team", actor=None, members=[anna, ben]), browser(root)
    form = opened(client, group_page(group))
    groups.set_members(group=group, members=[anna, cleo], actor=None)
    form["members"] = [str(anna.pk), str(ben.pk), str(dora.pk)]
    assert client.post(group_page(group), {**form, "friendly_name": "Team 2"}).status_code == 302
    assert names(group.user_set) == ["anna", "cleo", "dora"]
    assert Group.objects.get(pk=group.pk).details.friendly_name == "Team 2"
    # And who is taken out on the page goes.
    form = opened(client, group_page(group))
    client.post(group_page(group), {**form, "members": [str(dora.pk)]})
    assert names(group.user_set) == ["dora"]


def test_a_stale_group_page_leaves_the_other_names_and_permissions(root: User) -> None:
    view, add = (Permission.objects.get(codename=name) for name in ("view_user", "add_user"))
    group, client = groups.create_group(friendly_name="Keepers", actor=None, is_role=True), browser(root)
    groups.set_group_permissions(group=group, permissions=[view], actor=None)
    form = opened(client, group_page(group))
    groups.set_group_permissions(group=group, permissions=[], actor=None)
    groups.change_group(group=group, friendly_name="Guards", name="guards", is_role=True, actor=None)
    client.post(group_page(group), {**form, "permissions": [str(view.pk), str(add.pk)]})
    group = Group.objects.get(pk=group.pk)
    assert (group.name, group.details.friendly_name) == ("guards", "Guards")
    assert list(group.permissions.values_list("codename", flat=True)) == ["add_user"]


def test_a_stale_member_page_gives_no_right_back(root: User) -> None:
    other, client = superuser("other", email="old@example.com"), browser(root)
    friends = groups.create_group(friendly_name="Friends", actor=None, members=[other])
    members.set_permissions(member=other, permissions=Permission.objects.filter(codename="view_user"), actor=None)
    form = opened(client, member_page(other))
    values = {"is_superuser": False, "is_staff": False, "email": "new@example.com"}
    members.change_member(member=User.objects.get(pk=other.pk), values=values, actor=root)
    members.set_permissions(member=other, permissions=[], actor=root)
    groups.set_groups(member=other, groups=[], actor=root)
    assert client.post(member_page(other), {**form, "first_name": "Otto"}).status_code == 302
    stored = User.objects.get(pk=other.pk)
    assert (stored.is_superuser, stored.is_staff, stored.email) == (False, False, "new@example.com")
    assert stored.first_name == "Otto"
    assert not stored.user_permissions.exists()
    assert not friends.user_set.exists()
    # Whoever means it ticks it on a page that shows how things are.
    form = opened(client, member_page(other))
    client.post(member_page(other), {**form, "is_staff": "on", "groups": [str(friends.pk)]})
    assert User.objects.get(pk=other.pk).is_staff
    assert friends.user_set.exists()


@pytest.mark.parametrize(("meanwhile", "is_vouched"), [("new@example.com", False), ("old@example.com", True)])
def test_nobody_vouches_for_an_address_that_they_did_not_see(root: User, meanwhile: str, is_vouched: bool) -> None:
    member, client = make("member", email="old@example.com"), browser(root)
    form = opened(client, member_page(member))
    members.change_member(member=User.objects.get(pk=member.pk), values={"email": meanwhile}, actor=None)
    answer = client.post(member_page(member), {**form, "email_verified": "on"})
    assert ("changed in the meantime" in answer.content.decode()) is not is_vouched
    stored = User.objects.get(pk=member.pk)
    assert (stored.email, stored.email_verified) == (meanwhile, is_vouched)


@pytest.mark.parametrize("junk", ["x", "[]", "{", '{"members": 5, "name": [], "nothing": 1}', "[" * 5000, "\x00"])
def test_a_junk_memory_is_as_good_as_none(root: User, junk: str) -> None:
    group, anna, client = groups.create_group(friendly_name="Team", actor=None), make("anna"), browser(root)
    form = {"friendly_name": "Team", "name": "team", "members": [str(anna.pk)], "seen": junk}
    assert client.post(group_page(group), form).status_code < 500
    assert client.post(group_page(group), {**form, "seen": ""}).status_code == 302
    assert names(group.user_set) == ["anna"]

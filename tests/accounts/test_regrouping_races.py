from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection, transaction

from accounts.exceptions import AccountsError, NotAllowed
from accounts.models import User
from accounts.services import groups, members
from tests.support.accounts.people import events, make, superuser

#: Long enough for the other thread to be at its statement, whichever that is.
PAUSE = 0.3


def promote(goal: User, friends: Group) -> None:
    members.change_member(member=User.objects.get(pk=goal.pk), values={"is_superuser": True}, actor=None)


def permit(goal: User, friends: Group) -> None:
    permission = Permission.objects.get(codename="delete_user")
    members.set_permissions(member=User.objects.get(pk=goal.pk), permissions=[permission], actor=None)


def make_a_role(goal: User, friends: Group) -> None:
    permission = Permission.objects.get(codename="delete_user")
    groups.set_group_permissions(group=Group.objects.get(pk=friends.pk), permissions=[permission], actor=None)


def mark_as_role(goal: User, friends: Group) -> None:
    groups.change_group(
        group=Group.objects.get(pk=friends.pk), friendly_name="Friends", name="friends", is_role=True, actor=None
    )


def rename(goal: User, friends: Group) -> None:
    members.change_member(member=User.objects.get(pk=goal.pk), values={"first_name": "Ada"}, actor=None)


def from_the_member(goal: User, friends: Group, actor: User) -> None:
    groups.set_groups(member=goal, groups=[friends], actor=actor)


def from_the_group(goal: User, friends: Group, actor: User) -> None:
    groups.set_members(group=friends, members=[goal], actor=actor)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("regroup", [from_the_member, from_the_group])
@pytest.mark.parametrize(
    ("rise", "is_refused"),
    [(promote, True), (permit, True), (make_a_role, True), (mark_as_role, True), (rename, False)],
)
def test_who_rises_while_a_lesser_operator_regroups_them_is_out_of_reach(  # L05
    rise: Callable[[User, Group], None], is_refused: bool, regroup: Callable[[User, Group, User], None]
) -> None:
    superuser()
    operator, goal = make("office", is_staff=True), make("goal")
    friends = groups.create_group(friendly_name="Friends", actor=None)
    # Both were read while the operator still might.
    read_member, read_group = User.objects.get(pk=goal.pk), Group.objects.get(pk=friends.pk)
    barrier, outcomes = threading.Barrier(2), {}

    def rising() -> None:
        with transaction.atomic():
            rise(goal, friends)
            barrier.wait(10)
            time.sleep(PAUSE)

    def regrouping() -> None:
        barrier.wait(10)
        regroup(read_member, read_group, operator)

    def run(name: str, act: Callable[[], Any]) -> None:
        try:
            act()
            outcomes[name] = "done"
        except AccountsError as error:
            outcomes[name] = error.code
        except Exception as error:  # noqa: BLE001  # whatever it is, the comparison shows it
            outcomes[name] = repr(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in (("rise", rising), ("regroup", regrouping))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert outcomes == {"rise": "done", "regroup": "not_allowed" if is_refused else "done"}
    assert goal.groups.exists() is not is_refused
    assert len(events("membership_changed")) == (0 if is_refused else 1)


@pytest.mark.django_db(transaction=True)
def test_two_operators_who_add_different_members_at_once_both_do() -> None:
    superuser()
    one, two = make("one"), make("two")
    friends = groups.create_group(friendly_name="Friends", actor=None)
    others = groups.create_group(friendly_name="Others", members=[one, two], actor=None)
    barrier, failures = threading.Barrier(2), []

    def run(member: User) -> None:
        try:
            barrier.wait(10)
            groups.set_groups(member=member, groups=[others, friends], actor=None)
        except Exception as error:  # noqa: BLE001  # whatever it is, the comparison shows it
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(member,)) for member in (one, two)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert set(friends.user_set.all()) == set(others.user_set.all()) == {one, two}


@pytest.mark.django_db
@pytest.mark.parametrize("is_superuser", [True, False])
def test_a_member_who_was_read_before_does_not_decide(is_superuser: bool) -> None:
    superuser()
    operator, read_before = make("office", is_staff=True), make("goal")
    friends = groups.create_group(friendly_name="Friends", actor=None)
    User.objects.filter(pk=read_before.pk).update(is_superuser=is_superuser)
    if is_superuser:
        with pytest.raises(NotAllowed):
            groups.set_groups(member=read_before, groups=[friends], actor=operator)
        assert not friends.user_set.exists()
    else:
        groups.set_groups(member=read_before, groups=[friends], actor=operator)
        assert list(friends.user_set.all()) == [read_before]


@pytest.mark.django_db
def test_a_group_that_was_deleted_meanwhile_is_a_refusal() -> None:
    ada = make("ada")
    gone, there = (groups.create_group(friendly_name=name, actor=None) for name in ("Gone", "There"))
    Group.objects.filter(pk=gone.pk).delete()
    for act in (
        lambda: groups.set_groups(member=ada, groups=[gone], actor=None),
        lambda: groups.set_group_permissions(group=gone, permissions=[], actor=None),
        lambda: groups.delete_group(group=gone, actor=None),
    ):
        with pytest.raises(AccountsError):
            act()
    groups.set_groups(member=ada, groups=[there], actor=None)
    groups.delete_group(group=there, actor=None)
    assert not Group.objects.exists()

from __future__ import annotations

from collections.abc import Callable

import pytest

from accounts.exceptions import AccountsError, LastSuperuser, NotAllowed
from accounts.models import User
from accounts.services import members
from tests.support.accounts.people import make
from tests.support.racing import outcomes


def _demote(member: User) -> None:
    members.change_member(member=member, values={"is_superuser": False}, actor=None)


def _disable(member: User) -> None:
    members.disable_member(member=member, actor=None)


def _delete(member: User) -> None:
    members.delete_member(member=member, actor=None)


def _codes(*calls: Callable[[], None]) -> list[str]:
    found = outcomes(calls)
    return sorted("done" if one is None else getattr(one, "code", repr(one)) for one in found)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("second", [_demote, _disable, _delete])
@pytest.mark.parametrize("first", [_demote, _disable, _delete])
def test_two_superusers_who_are_removed_at_once_leave_one(
    first: Callable[[User], None], second: Callable[[User], None]
) -> None:
    for turn in range(3):
        User.objects.all().delete()
        one, two = make(f"one{turn}", is_superuser=True), make(f"two{turn}", is_superuser=True)
        assert _codes(lambda one=one: first(one), lambda two=two: second(two)) == ["done", "last_superuser"]
        assert User.objects.filter(is_superuser=True, is_active=True).count() == 1


@pytest.mark.django_db(transaction=True)
def test_with_a_third_superuser_both_are_removed() -> None:
    one, two, _three = (make(name, is_superuser=True) for name in ("one", "two", "three"))
    assert _codes(lambda: _demote(one), lambda: _disable(two)) == ["done", "done"]


@pytest.mark.django_db
@pytest.mark.parametrize("act", [_demote, _disable, _delete])
def test_what_was_read_before_does_not_decide(act: Callable[[User], None]) -> None:
    read_before = make("one")
    User.objects.filter(pk=read_before.pk).update(is_superuser=True, is_staff=True)
    with pytest.raises(LastSuperuser):
        act(read_before)
    make("two", is_superuser=True)
    act(read_before)


@pytest.mark.django_db
def test_who_became_a_superuser_meanwhile_is_out_of_an_operators_reach() -> None:
    operator, read_before = make("operator", is_staff=True), make("ada")
    make("root", is_superuser=True)
    User.objects.filter(pk=read_before.pk).update(is_superuser=True)
    with pytest.raises(NotAllowed):
        members.disable_member(member=read_before, actor=operator)
    User.objects.filter(pk=read_before.pk).update(is_superuser=False)
    members.disable_member(member=read_before, actor=operator)


@pytest.mark.django_db
def test_a_member_who_was_deleted_meanwhile_is_a_refusal() -> None:
    gone, there = make("gone"), make("there")
    User.objects.filter(pk=gone.pk).delete()
    with pytest.raises(AccountsError):
        members.change_member(member=gone, values={"first_name": "Ada"}, actor=None)
    members.change_member(member=there, values={"first_name": "Ada"}, actor=None)

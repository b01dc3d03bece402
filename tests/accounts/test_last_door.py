from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.exceptions import AccountsError, LastSuperuser
from accounts.models import ReservedIdentifier, User
from accounts.services.members import change_member, delete_member, disable_member
from tests.support.accounts.people import browser, make, superuser
from tests.support.passkey_sessions import passkey_of
from tests.support.racing import numbered, outcomes

pytestmark = pytest.mark.django_db
WAYS: dict[str, Callable[[User, User | None], Any]] = {
    "disable": lambda member, actor: disable_member(member=member, actor=actor),
    "demote": lambda member, actor: change_member(member=member, values={"is_superuser": False}, actor=actor),
    "delete": lambda member, actor: delete_member(member=member, actor=actor),
}


def doors_open() -> int:
    return User.objects.filter(is_superuser=True, is_active=True).count()


def press(way: str, actor: User, target: User) -> int:
    """Do it on the operators' pages."""
    page, client = f"/admin/hearthkey_accounts/user/{target.pk}", browser(actor)
    if way == "disable":
        return client.post(f"{page}/disable/").status_code
    if way == "delete":
        return client.post(f"{page}/delete/", {"post": "yes"}).status_code
    return client.post(f"{page}/change/", {"username": target.username, "is_staff": "on"}).status_code


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("by_command", [True, False])
def test_the_last_active_superuser_stays(way: str, by_command: bool) -> None:
    root = superuser()
    disable_member(member=superuser("asleep"), actor=None)
    make("ada", is_staff=True)
    with pytest.raises(LastSuperuser):
        WAYS[way](root, None if by_command else root)
    assert doors_open() == 1


@pytest.mark.parametrize("way", WAYS)
def test_with_another_active_superuser_one_may_go(way: str) -> None:
    root = superuser()
    superuser("second")
    WAYS[way](root, None)
    assert doors_open() == 1


@pytest.mark.parametrize("way", WAYS)
def test_the_page_refuses_the_last_and_says_so(way: str) -> None:
    root = superuser()
    press(way, root, root)
    assert User.objects.filter(pk=root.pk, is_superuser=True, is_active=True).exists()
    client = browser(root)
    client.post(f"/admin/hearthkey_accounts/user/{root.pk}/disable/")
    assert "last active superuser" in client.get(f"/admin/hearthkey_accounts/user/{root.pk}/change/").content.decode()


@pytest.mark.parametrize("way", WAYS)
def test_the_page_lets_one_of_two_go(way: str) -> None:
    root, second = superuser(), superuser("second")
    assert press(way, root, second) == 302
    assert doors_open() == 1


def test_the_bulk_action_leaves_one() -> None:
    root = superuser()
    second, ada = superuser("second"), make("ada")
    chosen = {"action": "disable_members", "_selected_action": [str(second.pk), str(ada.pk), str(root.pk)]}
    browser(root).post("/admin/hearthkey_accounts/user/", chosen)
    assert doors_open() == 1
    assert not User.objects.get(pk=ada.pk).is_active


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.django_db(transaction=True)
def test_two_who_remove_each_other_at_once_leave_one(way: str) -> None:
    both = [superuser("first"), superuser("second")]

    def remove_the_other(number: int) -> str:
        actor, target = User.objects.get(pk=both[number].pk), User.objects.get(pk=both[1 - number].pk)
        WAYS[way](target, actor)
        return "done"

    for _ in range(3):
        results = outcomes(numbered(2, remove_the_other))
        assert doors_open() == 1
        refused = [result for result in results if result != "done"]
        assert len(refused) == 1
        assert isinstance(refused[0], AccountsError | User.DoesNotExist)
        User.objects.all().delete()
        ReservedIdentifier.objects.all().delete()
        both[:] = [superuser("first"), superuser("second")]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("has_passkey", "may_go"), [(False, False), (True, True)])
def test_another_superuser_counts_once_they_can_sign_in(way: str, has_passkey: bool, may_go: bool) -> None:
    root, other = superuser(), superuser("other")
    passkey_of(root)
    if has_passkey:
        passkey_of(other)
    if may_go:
        WAYS[way](root, other)
    else:
        with pytest.raises(LastSuperuser):
            WAYS[way](root, other)
    assert User.objects.filter(username="root", is_superuser=True, is_active=True).exists() is not may_go


@pytest.mark.parametrize("way", WAYS)
def test_nobody_takes_their_own_rank_by_mistake(way: str) -> None:
    root, other = superuser(), superuser("other")
    for user in (root, other):
        passkey_of(user)
    press(way, root, root)
    assert doors_open() == 2
    press(way, other, root)
    assert doors_open() == 1

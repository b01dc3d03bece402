from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import GroupDetails, User
from accounts.services import groups, policy
from tests.support.accounts.people import browser, events, make, superuser

OFFICE = ("view_user", "change_user", "view_group", "change_group", "add_group", "delete_user")


def page_of(user: User) -> str:
    return f"/admin/hearthkey_accounts/user/{user.pk}/change/"


def typed(response: Any, name: str) -> Any:
    return response.context["adminform"].form[name].value()


@pytest.mark.django_db
@pytest.mark.parametrize("is_another", [True, False])
def test_the_last_superuser_who_is_demoted_keeps_the_form_as_typed(is_another: bool) -> None:
    root = superuser()
    operator = superuser("second") if is_another else root
    form = {"username": "root", "first_name": "Typed", "last_name": "Text", "is_staff": "on"}
    response = browser(operator).post(page_of(root), form)
    stored = User.objects.get(pk=root.pk)
    if is_another:
        assert response.status_code == 302
        assert (stored.first_name, stored.is_superuser) == ("Typed", False)
        return
    assert response.status_code == 200
    assert "last active superuser" in response.content.decode()
    assert response.context["adminform"].form.non_field_errors()
    assert (typed(response, "first_name"), typed(response, "is_superuser")) == ("Typed", False)
    assert (stored.first_name, stored.is_superuser) == ("", True)
    assert events("member_changed") == []


@pytest.mark.django_db
@pytest.mark.parametrize("is_above", [True, False])
def test_a_group_with_somebody_above_keeps_the_form_and_writes_nothing(is_above: bool) -> None:
    operator = make("office", is_staff=True, permissions=OFFICE)
    make("root", is_superuser=True)
    goal = make("goal", is_superuser=is_above)
    plain = make("plain")
    group = groups.create_group(friendly_name="Friends", actor=None)
    form = {"friendly_name": "Pals", "name": "pals", "members": [str(plain.pk), str(goal.pk)]}
    response = browser(operator).post(f"/admin/auth/group/{group.pk}/change/", form)
    group.refresh_from_db()
    if not is_above:
        assert response.status_code == 302
        assert (group.name, set(group.user_set.all())) == ("pals", {plain, goal})
        return
    assert response.status_code == 200
    assert "You don&#x27;t have permission to do this to this member." in response.content.decode()
    assert (typed(response, "friendly_name"), typed(response, "name")) == ("Pals", "pals")
    assert sorted(typed(response, "members")) == sorted([str(plain.pk), str(goal.pk)])
    # The rename and the first member came before the refusal, and are undone with it.
    assert group.name == "friends"
    assert not group.user_set.exists()
    assert events("group_changed") == events("membership_changed") == []


@pytest.mark.django_db
@pytest.mark.parametrize("is_above", [True, False])
def test_a_new_group_with_somebody_above_is_not_made_and_stays_on_the_page(is_above: bool) -> None:
    operator = make("office", is_staff=True, permissions=OFFICE)
    goal = make("goal", is_superuser=is_above)
    form = {"friendly_name": "Pals", "members": [str(goal.pk)]}
    response = browser(operator).post("/admin/auth/group/add/", form)
    assert response.status_code == (200 if is_above else 302)
    assert Group.objects.exists() is not is_above
    if is_above:
        assert typed(response, "friendly_name") == "Pals"


@pytest.mark.django_db
@pytest.mark.parametrize("is_another", [True, False])
def test_a_refused_deletion_says_why_and_deletes_nobody(is_another: bool) -> None:
    root = superuser()
    goal = superuser("goal") if is_another else root
    response = browser(root).post(f"/admin/hearthkey_accounts/user/{goal.pk}/delete/", {"post": "yes"}, follow=True)
    assert User.objects.filter(pk=goal.pk).exists() is not is_another
    assert ("last active superuser" in response.content.decode()) is not is_another


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["change", "delete"])
def test_looking_at_a_page_opens_no_transaction(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite's transactions begin as a writer's, so a page that is only read would wait for everybody who writes."""
    root, goal = superuser(), make("goal")
    client = browser(root)
    seen: list[bool] = []
    asked = policy.may_touch

    def watch(*args: Any) -> bool:
        seen.append(transaction.get_connection().in_atomic_block)
        return asked(*args)

    monkeypatch.setattr(policy, "may_touch", watch)
    path = f"/admin/hearthkey_accounts/user/{goal.pk}/{kind}/"
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    assert seen
    assert not any(seen)
    assert not [query["sql"] for query in queries if query["sql"].startswith("BEGIN")]
    seen.clear()
    form = {"post": "yes"} if kind == "delete" else {"username": "goal"}
    assert client.post(path, form).status_code == 302
    assert any(seen)


@pytest.mark.django_db
def test_a_role_loses_its_permissions_and_its_mark_in_one_save() -> None:
    root = superuser()
    keepers = groups.create_group(friendly_name="Keepers", actor=None)
    permission = Permission.objects.get(codename="change_user")
    groups.set_group_permissions(group=keepers, permissions=[permission], actor=None)
    path = f"/admin/auth/group/{keepers.pk}/change/"
    form = {"friendly_name": "Keepers", "name": "keepers"}
    assert browser(root).post(path, {**form, "permissions": [permission.pk]}).status_code == 302
    assert GroupDetails.objects.get().is_role, "it still carries a permission"
    assert browser(root).post(path, form).status_code == 302
    assert not GroupDetails.objects.get().is_role
    assert not keepers.permissions.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/admin/auth/group/add/", "/admin/hearthkey_accounts/user/add/"])
def test_permissions_are_offered_in_our_users_words(path: str) -> None:
    text = browser(superuser()).get(path).content.decode()
    assert "OIDC clients | Can change OIDC client<" in text
    assert "Members | Can change member<" in text
    for label in ("hearthkey_oidc_clients", "Hearthkey_Accounts", "Authentication and Authorization |"):
        assert f">{label}" not in text
    options = text.split('name="user_permissions"' if "user" in path else 'name="permissions"')[1].split("</select>")[0]
    assert "hearthkey" not in options.lower()


@pytest.mark.django_db
def test_the_permission_that_was_picked_is_the_one_that_is_given() -> None:
    root, ada = superuser(), make("ada")
    permission = Permission.objects.get(codename="change_client")
    form = {"username": "ada", "user_permissions": [permission.pk]}
    assert browser(root).post(page_of(ada), form).status_code == 302
    assert list(ada.user_permissions.all()) == [permission]

from __future__ import annotations

import re
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command

from accounts.exceptions import IdentifierTaken
from accounts.models import LoginCode, User
from accounts.services import groups
from accounts.services.claims import released_groups
from tests.support.accounts.people import browser, events, make, superuser

pytestmark = pytest.mark.django_db
ADD = "/admin/auth/group/add/"


def page_of(group: Group) -> str:
    return f"/admin/auth/group/{group.pk}/change/"


def test_the_technical_name_is_derived_once_and_then_independent() -> None:
    client = browser(superuser())
    assert client.post(ADD, {"friendly_name": "Book Club – München"}).status_code == 302
    group = Group.objects.get()
    assert (group.name, group.details.friendly_name) == ("book_club_munchen", "Book Club – München")
    client.post(page_of(group), {"friendly_name": "Readers", "name": group.name})
    group = Group.objects.get()
    assert (group.name, group.details.friendly_name) == ("book_club_munchen", "Readers")
    client.post(page_of(group), {"friendly_name": "Readers", "name": "Lesekreis"})
    group = Group.objects.get()
    assert (group.name, group.details.friendly_name) == ("Lesekreis", "Readers")
    assert [sorted(event.data["after"]) for event in events("group_changed")] == [["friendly_name"], ["name"]]


def test_the_same_friendly_name_twice_gives_two_technical_names() -> None:
    names = [groups.create_group(friendly_name="Family", actor=None).name for _ in range(3)]
    assert names == ["family", "family_2", "family_3"]


def test_a_taken_technical_name_is_refused_at_its_field() -> None:
    client = browser(superuser())
    groups.create_group(friendly_name="Family", actor=None)
    response = client.post(ADD, {"friendly_name": "Others", "name": "family"})
    assert list(response.context["adminform"].form.errors) == ["name"]
    with pytest.raises(IdentifierTaken):
        groups.create_group(friendly_name="Others", name="family", actor=None)
    assert client.post(ADD, {"friendly_name": "Others", "name": "others"}).status_code == 302


@pytest.mark.parametrize("name", ["x", "", "a\x00b", "x" * 51])
def test_an_odd_friendly_name_is_refused_at_its_field(name: str) -> None:
    response = browser(superuser()).post(ADD, {"friendly_name": name})
    assert list(response.context["adminform"].form.errors) == ["friendly_name"]
    assert not Group.objects.exists()


def test_members_are_edited_from_both_sides() -> None:
    client, ada, bob = browser(superuser()), make("ada"), make("bob")
    group = groups.create_group(friendly_name="Family", actor=None)
    form = {"friendly_name": "Family", "name": "family"}
    assert client.post(page_of(group), {**form, "members": [str(ada.pk), str(bob.pk)]}).status_code == 302
    assert set(group.user_set.all()) == {ada, bob}
    assert client.post(page_of(group), {**form, "members": [str(bob.pk)]}).status_code == 302
    assert set(group.user_set.all()) == {bob}
    page = f"/admin/hearthkey_accounts/user/{ada.pk}/change/"
    assert client.post(page, {"username": "ada", "groups": [group.pk]}).status_code == 302
    assert set(group.user_set.all()) == {ada, bob}
    changes = [(event.subject_name, event.data["joined"], event.data["left"]) for event in events("membership_changed")]
    assert sorted(changes[:2]) == [("ada", ["family"], []), ("bob", ["family"], [])]
    assert changes[2:] == [("ada", [], ["family"]), ("ada", ["family"], [])]


def test_clients_are_told_groups_but_no_roles() -> None:
    client, ada = browser(superuser()), make("ada")
    family = groups.create_group(friendly_name="Family", members=[ada], actor=None)
    keepers = groups.create_group(friendly_name="Keepers", members=[ada], actor=None)
    assert released_groups(ada) == ("family", "keepers")
    permission = Permission.objects.get(codename="change_user")
    form = {"friendly_name": "Keepers", "name": "keepers", "members": [str(ada.pk)], "permissions": [permission.pk]}
    assert client.post(page_of(keepers), form).status_code == 302
    assert released_groups(ada) == ("family",)
    # Saved again as it stands, with the mark left out: what carries permissions stays a role.
    assert client.post(page_of(keepers), form).status_code == 302
    assert released_groups(ada) == ("family",)
    form.pop("permissions")
    assert client.post(page_of(keepers), form).status_code == 302
    assert client.post(page_of(keepers), form).status_code == 302
    assert released_groups(ada) == ("family", "keepers")
    form = {"friendly_name": "Family", "name": "family", "members": [str(ada.pk)], "is_role": "on"}
    assert client.post(page_of(family), form).status_code == 302
    assert released_groups(ada) == ("keepers",)


def test_permissions_with_the_same_code_name_are_told_apart() -> None:
    root = superuser()
    first = Permission.objects.get(codename="view_group")
    twin = Permission.objects.create(
        codename="view_group", name="Twin", content_type=Permission.objects.get(codename="view_user").content_type
    )
    group = groups.create_group(friendly_name="Keepers", is_role=True, actor=root)
    groups.set_group_permissions(group=group, permissions=[first], actor=root)
    groups.set_group_permissions(group=group, permissions=[twin], actor=root)
    assert list(group.permissions.all()) == [twin]


def test_deleting_a_group_is_audited_with_who_lost_it() -> None:
    client, ada = browser(superuser()), make("ada")
    group = groups.create_group(friendly_name="Family", members=[ada], actor=None)
    assert client.post(f"/admin/auth/group/{group.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Group.objects.exists()
    (event,) = events("group_deleted")
    assert event.data["members"] == [str(ada.pk)]


def test_create_member_prints_one_link_that_signs_in() -> None:
    family = groups.create_group(friendly_name="Family", actor=None)
    out = StringIO()
    call_command(
        "create_member",
        "ada",
        email="ada@example.com",
        verified=True,
        first_name="Ada",
        group=["family"],
        stdout=out,
    )
    assert re.fullmatch(r"http\S+/lc/[A-Za-z0-9_-]+\n", out.getvalue())
    ada = User.objects.get()
    assert (ada.email_verified, ada.is_superuser, ada.is_staff) == (True, False, False)
    assert not ada.has_usable_password()
    assert list(ada.groups.all()) == [family]
    client = browser()
    assert client.post("/" + out.getvalue().strip().split("/", 3)[3]).status_code == 302
    assert client.get("/account/").status_code == 200


@pytest.mark.parametrize(
    ("username", "options"),
    [("Root", {}), ("a b", {}), ("ada", {"group": ["nowhere"]}), ("ada", {"email": "no address"})],
)
def test_create_member_refuses_and_leaves_nothing(username: str, options: dict[str, Any]) -> None:
    superuser()
    with pytest.raises(CommandError):
        call_command("create_member", username, **options, stdout=StringIO())
    assert User.objects.count() == 1
    assert not LoginCode.objects.exists()


@pytest.mark.parametrize("command", ["createsuperuser", "changepassword"])
def test_djangos_password_commands_lead_elsewhere(command: str) -> None:
    root = superuser()
    with pytest.raises(CommandError) as refusal:
        call_command(command, stdout=StringIO())
    assert "create_member" in str(refusal.value) or "login_code" in str(refusal.value)
    assert User.objects.count() == 1
    assert not User.objects.get(pk=root.pk).has_usable_password()


def test_no_password_form_is_reachable() -> None:
    root = superuser()
    client = browser(root)
    paths = ["/admin/password_change/", "/admin/password_change/done/"]
    paths += [f"/admin/hearthkey_accounts/user/{root.pk}/password/", f"/admin/auth/user/{root.pk}/password/"]
    form = {"password1": "a long secret 42", "password2": "a long secret 42", "usable_password": "true"}
    for path in paths:
        for response in (client.get(path), client.post(path, form)):
            assert response.status_code in {302, 403, 404, 405}
            assert b'type="password"' not in response.content
    assert not User.objects.get(pk=root.pk).has_usable_password()


@pytest.mark.parametrize("path", ["/admin/login/", "/login", "/setup", "/account/"])
def test_no_page_takes_a_password(path: str) -> None:
    superuser()
    client = browser()
    posted = client.post(path, {"username": "root", "password": "anything", "this_is_the_login_form": "1"})
    assert posted.status_code in {302, 404, 405, 409}
    assert client.get("/account/").status_code == 302
    assert b'type="password"' not in client.get(path, follow=True).content


@pytest.mark.parametrize("kind", ["add", "change"])
def test_the_members_form_has_no_password_field(kind: str) -> None:
    root = superuser()
    where = "add" if kind == "add" else f"{root.pk}/change"
    text = browser(root).get(f"/admin/hearthkey_accounts/user/{where}/").content.decode()
    assert 'name="username"' in text
    assert "password" not in text.lower()


def test_the_administration_speaks_of_members_and_groups() -> None:
    text = browser(superuser()).get("/admin/").content.decode()
    visible = re.sub(r"<[^>]+>", " ", text)
    assert "Members" in visible
    assert "Groups" in visible
    for label in ("Hearthkey_Accounts", "hearthkey_accounts", "Authentication and Authorization"):
        assert label not in visible


def test_the_front_page_lists_what_is_left_to_do() -> None:
    text = browser(superuser()).get("/admin/").content.decode()
    assert "Add a second passkey" in text
    assert "Add your first client" in text


def test_the_account_page_links_operators_to_the_administration() -> None:
    assert 'href="/admin/"' in browser(superuser()).get("/account/").content.decode()
    assert 'href="/admin/"' not in browser(make("ada")).get("/account/").content.decode()

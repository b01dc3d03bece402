"""Operators who may look and not change; and people who show the same name."""

from __future__ import annotations

import asyncio
import re

import pytest

from accounts.backends import LoginCodeBackend
from accounts.models import User
from accounts.services import groups
from tests.support.accounts.people import browser, make, superuser
from tests.support.passkey_sessions import passkey_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("is_role", [False, True])
@pytest.mark.parametrize(("more", "may_change"), [((), False), (("change_group",), True)])
def test_who_may_only_view_a_group_sees_it_and_who_belongs_to_it(
    more: tuple[str, ...], may_change: bool, is_role: bool
) -> None:
    superuser()
    group = groups.create_group(
        friendly_name="Team", actor=None, is_role=is_role, members=[make("inn", display_name="Ingrid")]
    )
    viewer = browser(make("viewer", is_staff=True, permissions=("view_group", *more)))
    answer = viewer.get(f"/admin/auth/group/{group.pk}/change/")
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "Ingrid (inn)" in page
    assert "team" in page
    assert ('name="name"' in page) is (may_change and not is_role)
    refused = viewer.post(f"/admin/auth/group/{group.pk}/change/", {"friendly_name": "New", "name": "new"})
    assert refused.status_code == (302 if may_change and not is_role else 403)


def test_people_with_one_name_are_told_apart() -> None:
    root = superuser()
    for name in ("anna1", "anna2"):
        passkey_of(make(name, display_name="Anna"))
    make("plain")
    assert 'data-field-name="user"' in browser(root).get("/admin/auth/group/add/").content.decode()
    field = {"app_label": "hearthkey_accounts", "model_name": "session", "field_name": "user"}
    results = browser(root).get("/admin/autocomplete/", field).json()["results"]
    assert {result["text"] for result in results} == {"Anna (anna1)", "Anna (anna2)", "plain", "root"}
    group = groups.create_group(
        friendly_name="Team", actor=None, members=User.objects.filter(username__startswith="anna")
    )
    page = browser(root).get(f"/admin/auth/group/{group.pk}/change/").content.decode()
    assert {"Anna (anna1)", "Anna (anna2)"} <= set(re.findall(r"<option[^>]*>([^<]*)</option>", page))
    listed = browser(root).get("/admin/hearthkey_passkeys/passkey/").content.decode()
    assert "Anna (anna1)" in listed
    assert "Anna (anna2)" in listed


def test_no_password_signs_in_asynchronously_either() -> None:
    user = superuser()
    user.set_password("a right password")
    assert user.check_password("a right password")
    user.save()
    backend = LoginCodeBackend()
    assert asyncio.run(backend.aauthenticate(None, username="root", password="a right password")) is None
    assert backend.authenticate(None, username="root", password="a right password") is None
    assert backend.get_user(user.pk) == user

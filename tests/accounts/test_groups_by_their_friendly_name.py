from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from accounts.services.groups import create_group
from tests.support.accounts.people import browser, make, superuser

pytestmark = pytest.mark.django_db

GROUPS = "/admin/auth/group/"


def headings(page: str) -> list[str]:
    return [text.strip() for text in re.findall(r'<div class="text"><(?:a|span)[^>]*>([^<]*)<', page)]


def messages(client: Client, response: object) -> str:
    page = client.get(response.headers["Location"]).content.decode()  # type: ignore[attr-defined]
    found = re.search(r'class="messagelist">(.*?)</ul>', page, re.DOTALL)
    assert found is not None
    return re.sub(r"<[^>]+>", "", found.group(1))


def test_the_lists_columns_have_different_headings() -> None:
    create_group(friendly_name="Kitchen staff", actor=None)
    page = browser(superuser()).get(GROUPS).content.decode()
    assert headings(page) == ["", "Name", "Technical name", "Members", "Role"][-len(headings(page)) :]
    assert "Kitchen staff" in page
    assert "kitchen_staff" in page


def test_adding_changing_and_deleting_speak_of_the_friendly_name() -> None:
    client = browser(superuser())
    added = client.post(f"{GROUPS}add/", {"friendly_name": "Kitchen staff"})
    assert "“Kitchen staff”" in messages(client, added)
    group = Group.objects.get(name="kitchen_staff")
    page = client.get(f"{GROUPS}{group.pk}/change/").content.decode()
    assert "&rsaquo; Kitchen staff" in page
    changed = client.post(f"{GROUPS}{group.pk}/change/", {"friendly_name": "Cooks", "name": "kitchen_staff"})
    assert "“Cooks”" in messages(client, changed)
    deleted = client.post(f"{GROUPS}{group.pk}/delete/", {"post": "yes"})
    assert "“Cooks”" in messages(client, deleted)
    assert "Kitchen staff" in client.get("/admin/").content.decode(), "among the recent actions"


def test_a_groups_page_before_it_is_deleted_names_who_loses_it() -> None:
    anna, group = make("anna"), create_group(friendly_name="Kitchen staff", actor=None)
    client = browser(superuser())
    empty = client.get(f"{GROUPS}{group.pk}/delete/").content.decode()
    assert "no one loses access" in empty
    anna.groups.add(group)
    page = client.get(f"{GROUPS}{group.pk}/delete/").content.decode()
    assert "One member loses this group" in page
    assert "<li>anna</li>" in page
    assert "<code>kitchen_staff</code>" in page


def test_a_members_page_offers_groups_by_both_names_and_says_where_the_first_one_is_made() -> None:
    client = browser(superuser())
    page = client.get("/admin/hearthkey_accounts/user/add/").content.decode()
    assert '<a href="/admin/auth/group/add/">Add a group</a>' in page
    create_group(friendly_name="Kitchen staff", actor=None)
    page = client.get("/admin/hearthkey_accounts/user/add/").content.decode()
    assert "Kitchen staff (kitchen_staff)" in page
    assert "add one" not in page

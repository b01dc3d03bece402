"""Members are found by any part of their names and addresses, with the database's index and without it."""

from __future__ import annotations

import importlib
import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from accounts.models import User
from accounts.services import member_search
from tests.support.accounts.people import browser, make, superuser
from tests.support.sql_counts import counted_sql

pytestmark = pytest.mark.django_db
migration = importlib.import_module("accounts.migrations.0003_search_index")
EDITOR: Any = SimpleNamespace(connection=connection)


@pytest.fixture
def people() -> None:
    make("ada", email="countess@lovelace.example", first_name="Augusta", last_name="King")
    make("annas", first_name="Anna", last_name="Smith", display_name="100% Zoë_")
    make("annab", first_name="Anna", last_name="Brown")
    make("bobs", first_name="Bob", last_name="Smith")


def names(search: str) -> set[str]:
    page = browser(User.objects.get(username="root")).get("/admin/hearthkey_accounts/user/", {"q": search})
    assert page.status_code == 200
    return set(re.findall(r'<th class="field-username[^"]*"><a[^>]*>([^<]+)</a>', page.content.decode()))


def has_index() -> bool:
    found = member_search._find(["anything"], "default") is not None
    assert found or connection.vendor == "postgresql", "A migration dropped the triggers of the index"
    return found


@pytest.mark.parametrize("index", [True, False])
@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("lovel", {"ada"}),
        ("KING", {"ada"}),
        ("ugust", {"ada"}),
        ("anna smith", {"annas"}),
        ("smith anna", {"annas"}),
        ('"anna smith"', set()),
        ("smith", {"annas", "bobs"}),
        ("0% zo", {"annas"}),
        ("ë_", {"annas"}),
        ("an", {"annas", "annab"}),
        ("an smi", {"annas"}),
        ("ada OR bobs", set()),
        ("username:ada", set()),
        ("%%%", set()),
    ],
)
@pytest.mark.usefixtures("people")
def test_search_finds_parts_of_names_and_addresses(search: str, found: set[str], index: bool) -> None:
    superuser()
    if not index:
        migration.drop(apps, EDITOR)
    elif not has_index():
        pytest.skip("this PostgreSQL has no pg_trgm")
    assert names(search) == found


@pytest.mark.usefixtures("people")
def test_index_follows_changes_and_deletions() -> None:
    superuser()
    User.objects.filter(username="ada").update(last_name="Byron", email="ada@byron.example")
    assert names("byron") == {"ada"}
    assert names("lovelace") == set()
    User.objects.filter(username="ada").delete()
    assert names("byron") == set()


@pytest.mark.usefixtures("people")
def test_common_word_shows_the_first_ones_and_whoever_is_named_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    superuser()
    monkeypatch.setattr(member_search, "MOST", 1)
    assert "bobs" in names("bobs")
    shown = names("smith")
    assert shown
    assert shown <= {"annas", "bobs"}
    make("smith")
    assert "smith" in names("Smith")


@pytest.mark.usefixtures("people")
def test_list_without_a_search_counts_nobody_twice() -> None:
    root = superuser()
    with counted_sql() as statements:
        browser(root).get("/admin/hearthkey_accounts/user/?q=smith")
    assert sum("COUNT(*)" in one and "accounts_user" in one for one in statements) <= 1

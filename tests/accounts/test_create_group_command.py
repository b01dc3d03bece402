from __future__ import annotations

import io

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from accounts.models import GroupDetails
from tests.support.accounts.people import make

pytestmark = pytest.mark.django_db


def created_by(*arguments: str) -> str:
    out = io.StringIO()
    call_command("create_group", *arguments, stdout=out)
    return out.getvalue().strip()


def test_group_is_created_with_members_and_its_technical_name_is_printed() -> None:
    ada, bob = make("ada"), make("bob", email="bob@example.com")
    assert created_by("Book club", "--member", "ada", "bob@example.com") == "book_club"
    group = Group.objects.get(name="book_club")
    assert GroupDetails.objects.get(group=group).friendly_name == "Book club"
    assert set(group.user_set.all()) == {ada, bob}
    assert created_by("Readers", "--technical-name", "lesende") == "lesende"


@pytest.mark.parametrize(
    ("bad", "good"),
    [
        (("Staff", "--technical-name", "taken"), ("Staff", "--technical-name", "free")),
        (("Staff", "--member", "nobody"), ("Staff", "--member", "ada")),
        (("",), ("Staff",)),
    ],
)
def test_bad_value_is_one_sentence_and_nothing_is_written(bad: tuple[str, ...], good: tuple[str, ...]) -> None:
    make("ada")
    Group.objects.create(name="taken")
    with pytest.raises(CommandError) as refused:
        created_by(*bad)
    assert "\n" not in str(refused.value)
    assert Group.objects.count() == 1
    created_by(*good)
    assert Group.objects.count() == 2

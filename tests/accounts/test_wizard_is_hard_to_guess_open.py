from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.services import setup
from tests.accounts.people import make

pytestmark = pytest.mark.django_db
TOKEN = "the token that the operator chose"


@pytest.fixture(autouse=True)
def _fixed_token(settings: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_RATE_LIMIT = "config.adapters.rate_limit"
    settings.HEARTHKEY_ACCOUNTS_SETUP_OPEN = False
    settings.HEARTHKEY_ACCOUNTS_SETUP_TOKEN = TOKEN
    settings.HEARTHKEY_ACCOUNTS_SETUP_TOKEN_FIXED = True


def test_guesses_by_link_are_limited_as_those_by_form(client: Client) -> None:
    answers = [client.get("/setup", {"token": f"guess {number}"}) for number in range(11)]
    assert [answer.status_code for answer in answers] == [403] * 10 + [429]
    assert int(answers[-1].headers["Retry-After"]) >= 1


def test_looking_without_a_token_is_not_limited(client: Client) -> None:
    assert {client.get("/setup").status_code for _ in range(12)} == {403}
    assert client.get("/setup", {"token": TOKEN}).status_code == 200


# L08
def test_an_administrator_from_the_command_line_ends_the_wizard_for_ever(client: Client) -> None:
    first = make("root", is_superuser=True)
    User.objects.filter(pk=first.pk).delete()
    setup._completed = False
    assert not setup.needs_setup()
    assert client.get("/setup", {"token": TOKEN}).status_code == 404
    assert client.post("/setup", {"username": "x", "token": TOKEN}).status_code == 409


def test_a_plain_member_who_came_and_went_does_not(client: Client) -> None:
    User.objects.filter(pk=make("ada").pk).delete()
    setup._completed = False
    assert client.get("/setup", {"token": TOKEN}).status_code == 200

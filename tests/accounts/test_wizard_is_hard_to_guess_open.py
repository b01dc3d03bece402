from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest
from django.test import Client

from accounts.models import User
from accounts.services import setup
from tests.support.accounts.people import make

pytestmark = pytest.mark.django_db
TOKEN = "the token that the operator chose"


@pytest.fixture(autouse=True)
def _fixed_token(settings: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_RATE_LIMIT = f"{__name__}.everybody_waits"
    settings.HEARTHKEY_ACCOUNTS_SETUP_OPEN = False
    settings.HEARTHKEY_ACCOUNTS_SETUP_TOKEN = TOKEN
    settings.HEARTHKEY_ACCOUNTS_SETUP_TOKEN_FIXED = True


def everybody_waits(request: HttpRequest, policy: str) -> float | None:
    """A limit that is used up."""
    return 6.2


def test_guesses_by_link_are_limited_as_those_by_form(client: Client, settings: Any) -> None:
    for answer in (client.get("/setup", {"token": "guess"}), client.post("/setup", {"token": "guess"})):
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    settings.HEARTHKEY_ACCOUNTS_RATE_LIMIT = None
    assert client.get("/setup", {"token": "guess"}).status_code == 403


def test_looking_without_a_token_is_not_limited(client: Client, settings: Any) -> None:
    assert client.get("/setup").status_code == 403
    settings.HEARTHKEY_ACCOUNTS_RATE_LIMIT = None
    assert client.get("/setup", {"token": TOKEN}).status_code == 200


# L08
def test_an_administrator_from_the_command_line_ends_the_wizard_for_ever(client: Client) -> None:
    first = make("root", is_superuser=True)
    User.objects.filter(pk=first.pk).delete()
    setup._completed = False
    assert not setup.needs_setup()
    assert client.get("/setup", {"token": TOKEN}).status_code == 404
    assert client.post("/setup", {"username": "x", "token": TOKEN}).status_code == 409


def test_a_plain_member_who_came_and_went_does_not(client: Client, settings: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_RATE_LIMIT = None
    User.objects.filter(pk=make("ada").pk).delete()
    setup._completed = False
    assert client.get("/setup", {"token": TOKEN}).status_code == 200

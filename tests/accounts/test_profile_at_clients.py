"""What clients are told about a member who changes their own details, by a real code flow and userinfo."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from tests.support.accounts.letters import PROFILE, link_to, send, typed
from tests.support.oidc_clients import world
from tests.support.passkey_sessions import begin_passkey_session

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mail_of_a_stock_site(settings: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_SEND_MAIL = settings.HEARTHKEY_ACCOUNTS_MAIL_IS_ON = None


def told(rose: User) -> dict[str, Any]:
    """Sign in at a client and return what its userinfo request is answered."""
    app = world.RelyingParty(world.Client.objects.get()) if world.Client.objects.exists() else world.register()
    answer = world.userinfo(app.tokens(world.signed_in(rose))["access_token"])
    assert answer.status_code == 200
    return dict(answer.json())


def email_of(rose: User) -> tuple[Any, Any]:
    claims = told(rose)
    return claims.get("email"), claims.get("email_verified")


def change(rose: User, **changes: str) -> None:
    here = Client()
    begin_passkey_session(here, rose)
    response = send(here, PROFILE, typed(rose, **changes))
    assert response.status_code == 302
    rose.refresh_from_db()


def test_clients_keep_the_last_verified_address_until_the_new_one_is_verified() -> None:  # G12, V55
    rose = world.member("rose")
    assert email_of(rose) == ("rose@example.org", True)
    change(rose, email="new@example.org")
    assert email_of(rose) == ("rose@example.org", True)
    assert Client().post(link_to("new@example.org")).status_code == 200
    assert email_of(rose) == ("new@example.org", True)


def test_of_two_unverified_changes_clients_see_none() -> None:  # G12
    rose = world.member("rose")
    change(rose, email="second@example.org")
    change(rose, email="third@example.org")
    assert email_of(rose) == ("rose@example.org", True)


def test_where_there_never_was_a_verified_address_clients_get_the_new_one_unverified() -> None:  # G12
    rose = world.member("rose", email_verified=False)
    assert email_of(rose) == ("rose@example.org", False)
    change(rose, email="new@example.org")
    assert email_of(rose) == ("new@example.org", False)
    assert Client().post(link_to("new@example.org")).status_code == 200
    assert email_of(rose) == ("new@example.org", True)


def test_a_first_address_is_not_verified_until_the_link_is_opened() -> None:  # G12
    rose = world.member("rose", email="", email_verified=False)
    assert email_of(rose) == (None, None)
    change(rose, email="new@example.org")
    assert email_of(rose) == ("new@example.org", False)


def test_an_address_that_was_given_up_is_told_to_nobody() -> None:
    rose = world.member("rose")
    change(rose, email="")
    assert email_of(rose) == (None, None)
    change(rose, email="new@example.org")
    assert email_of(rose) == ("new@example.org", False)


def test_the_operators_word_for_entered_addresses_does_not_hold_for_members_own(settings: Any) -> None:  # G12
    settings.HEARTHKEY_ACCOUNTS_EMAILS_VERIFIED = True
    rose = world.member("rose", email="", email_verified=False)
    change(rose, email="new@example.org")
    assert email_of(rose) == ("new@example.org", False)


def test_clients_are_told_names_language_and_when_they_changed() -> None:
    rose = world.member("rose")
    before = told(rose)
    change(rose, username="rosalind", first_name="Rosalind", last_name="Franklin", display_name="Rosy", locale="en")
    after = told(rose)
    assert after["sub"] == before["sub"]
    assert after["preferred_username"] == "rosalind"
    assert (after["given_name"], after["family_name"], after["display_name"]) == ("Rosalind", "Franklin", "Rosy")
    assert (before.get("locale"), after["locale"]) == (None, "en")
    assert after["updated_at"] >= before["updated_at"]
    assert after["picture"] == before["picture"]

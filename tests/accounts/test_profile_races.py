from __future__ import annotations

from typing import Any

import pytest

from accounts.exceptions import IdentifierTaken, VerificationInvalid
from accounts.models import EmailVerification, ProfilePicture, ReservedIdentifier, User
from accounts.services import pictures, profile, verification
from accounts.services.members import change_member
from tests.support.accounts.letters import link_to
from tests.support.accounts.people import events, make
from tests.support.racing import at_once, numbered, outcomes

from .test_picture_upload import drawn, encoded

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _mail_of_a_stock_site(settings: Any) -> None:
    settings.HEARTHKEY_ACCOUNTS_SEND_MAIL = settings.HEARTHKEY_ACCOUNTS_MAIL_IS_ON = None


@pytest.mark.parametrize(("field", "wanted"), [("username", "taken"), ("email", "taken@example.com")])
def test_of_many_who_want_the_same_name_or_address_one_gets_it(field: str, wanted: str) -> None:
    people = [make(f"member{number}") for number in range(8)]
    spelling = [wanted, wanted.upper()]

    def take(number: int) -> Any:
        return profile.change_profile(user=people[number], values={field: spelling[number % 2]})

    results = outcomes(numbered(8, take))
    assert sum(isinstance(result, frozenset) for result in results) == 1
    assert sum(isinstance(result, IdentifierTaken) for result in results) == 7
    assert User.objects.filter(**{f"{field}__iexact": wanted}).count() == 1
    assert ReservedIdentifier.objects.filter(key=wanted).count() == 1


def test_a_link_is_used_once_by_many_at_once() -> None:
    ada = make("ada", email="ada@example.com")
    verification.send_verification(user=ada)
    token = link_to("ada@example.com").rsplit("/", 1)[1]
    results = outcomes(numbered(12, lambda _number: verification.verify_email(token=token)))
    assert sum(isinstance(result, verification.Claim) for result in results) == 1
    assert sum(isinstance(result, VerificationInvalid) for result in results) == 11
    assert len(events("email_verified")) == 1


@pytest.mark.parametrize("round_number", range(6))
def test_a_link_never_verifies_the_address_that_replaces_its_own(round_number: int) -> None:  # G12
    ada = make("ada", email="ada@example.com")
    verification.send_verification(user=ada)
    token = link_to("ada@example.com").rsplit("/", 1)[1]
    outcomes(
        [
            lambda: verification.verify_email(token=token),
            lambda: profile.change_profile(user=ada, values={"email": "thief@example.com"}),
        ]
    )
    ada = User.objects.get(pk=ada.pk)
    assert ada.email == "thief@example.com"
    assert not ada.email_verified
    assert ada.verified_email in ("", "ada@example.com")


def test_links_that_are_asked_for_at_once_leave_one_alive() -> None:
    ada = make("ada", email="ada@example.com")
    assert at_once(numbered(6, lambda _number: verification.send_verification(user=ada))) == [True] * 6
    assert EmailVerification.objects.count() == 1


def test_what_a_member_and_an_operator_change_at_once_is_both_changed() -> None:
    ada = make("ada", email="ada@example.com", email_verified=True)

    def as_operator() -> None:
        change_member(member=User.objects.get(pk=ada.pk), values={"last_name": "Lovelace"}, actor=None)

    at_once([lambda: profile.change_profile(user=ada, values={"first_name": "Ada"}), as_operator])
    ada = User.objects.get(pk=ada.pk)
    assert (ada.first_name, ada.last_name, ada.email_verified) == ("Ada", "Lovelace", True)


def test_pictures_that_are_uploaded_at_once_leave_one() -> None:
    ada = make("ada")
    colours = [(number * 30, 0, 0) for number in range(6)]

    def change(number: int) -> None:
        pictures.change_picture(user=ada, upload=encoded(drawn(colour=colours[number])))

    at_once(numbered(6, change))
    assert ProfilePicture.objects.count() == 1
    assert len(events("picture_changed")) == 6

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError

from accounts.exceptions import IdentifierTaken, InvalidValue
from accounts.models import ReservedIdentifier, User
from accounts.services import identifiers
from accounts.services.claims import ReleasedEmail, released_email
from accounts.services.members import change_member, delete_member
from tests.support.accounts.people import browser, events, make, superuser
from tests.support.racing import numbered, outcomes

pytestmark = pytest.mark.django_db
ADD = "/admin/hearthkey_accounts/user/add/"


def page_of(user: User) -> str:
    return f"/admin/hearthkey_accounts/user/{user.pk}/change/"


def errors_of(response: Any) -> dict[str, list[str]]:
    return dict(response.context["adminform"].form.errors)


@pytest.mark.parametrize(("name", "field"), [("ADA", "username"), ("Ada", "username"), ("ada2", None)])
def test_a_used_user_name_in_any_letter_case_is_refused_at_its_field(name: str, field: str | None) -> None:
    root = superuser()
    make("ada")
    response = browser(root).post(ADD, {"username": name})
    if field is None:
        assert response.status_code == 302
        assert User.objects.filter(username=name).exists()
    else:
        assert list(errors_of(response)) == [field]
        assert User.objects.count() == 2


@pytest.mark.parametrize(
    ("address", "field"), [("ADA@EXAMPLE.COM", "email"), ("Ada@example.com", "email"), ("ada@example.org", None)]
)
def test_a_used_address_in_any_letter_case_is_refused_at_its_field(address: str, field: str | None) -> None:
    root = superuser()
    make("ada", email="ada@example.com")
    bob = make("bob")
    response = browser(root).post(page_of(bob), {"username": "bob", "email": address})
    if field is None:
        assert response.status_code == 302
    else:
        assert list(errors_of(response)) == [field]
    assert User.objects.get(pk=bob.pk).email == ("" if field else address)


def test_a_member_may_change_the_letter_case_of_their_own() -> None:
    root, ada = superuser(), make("ada", email="ada@example.com")
    response = browser(root).post(page_of(ada), {"username": "Ada", "email": "Ada@Example.com"})
    assert response.status_code == 302
    assert User.objects.get(pk=ada.pk).username == "Ada"


def test_many_members_may_have_no_address() -> None:
    assert make("ada").email == make("bob").email == ""


@pytest.mark.parametrize("values", [{"username": "ADA"}, {"username": "x", "email": "ADA@example.com"}])
def test_the_database_itself_refuses_another_letter_case(values: dict[str, str]) -> None:
    make("ada", email="ada@example.com")
    with pytest.raises(IntegrityError):
        User.objects.create(**values)


@pytest.mark.parametrize("name", ["", "a b", "-a", "a/", "a\x00b", "ä", "a" * 51, "<b>"])
def test_a_user_name_that_clients_cannot_work_with_is_refused_at_its_field(name: str) -> None:
    response = browser(superuser()).post(ADD, {"username": name})
    assert list(errors_of(response)) == ["username"]


def test_what_belonged_to_a_deleted_member_stays_reserved_until_released() -> None:  # G02
    root, ada = superuser(), make("ada", email="ada@example.com")
    old_sub = ada.pk
    delete_member(member=ada, actor=root)
    client = browser(root)
    response = client.post(ADD, {"username": "Ada", "email": "ADA@example.com"})
    assert sorted(errors_of(response)) == ["email", "username"]
    for row in ReservedIdentifier.objects.filter(owner_id=old_sub):
        deletion = client.post(f"/admin/hearthkey_accounts/reservedidentifier/{row.pk}/delete/", {"post": "yes"})
        assert deletion.status_code == 302
    released = sorted((event.data["kind"], event.data["identifier"]) for event in events("identifier_released"))
    assert released == [("email", "ada@example.com"), ("username", "ada")]
    assert client.post(ADD, {"username": "Ada", "email": "ADA@example.com"}).status_code == 302
    # Whoever comes after is somebody else to every client.
    assert User.objects.get(username="Ada").pk != old_sub


def test_a_name_that_a_member_gave_up_stays_theirs() -> None:  # G02
    ada = make("ada", email="ada@example.com")
    change_member(member=ada, values={"username": "lovelace", "email": "l@example.com"}, actor=None)
    for values in ({"username": "ADA"}, {"username": "bob", "email": "Ada@example.com"}):
        with pytest.raises(IdentifierTaken):
            make(**values)
    change_member(member=ada, values={"username": "ada"}, actor=None)
    assert User.objects.get().username == "ada"


def test_what_a_member_still_carries_is_not_released() -> None:
    ada = make("ada")
    row = ReservedIdentifier.objects.get(owner_id=ada.pk)
    with pytest.raises(InvalidValue):
        identifiers.release(identifier=row, actor=None)
    assert ReservedIdentifier.objects.filter(pk=row.pk).exists()


def test_the_address_that_clients_still_receive_is_not_released() -> None:
    ada = make("ada", email="old@example.com", email_verified=True)
    change_member(member=ada, values={"email": "new@example.com"}, actor=None)
    row = ReservedIdentifier.objects.get(key="old@example.com")
    with pytest.raises(InvalidValue):
        identifiers.release(identifier=row, actor=None)
    change_member(member=ada, values={"email_verified": True}, actor=None)
    identifiers.release(identifier=row, actor=None)
    assert not ReservedIdentifier.objects.filter(key="old@example.com").exists()


def test_the_sub_survives_every_change() -> None:  # G02
    ada = make("ada", email="ada@example.com")
    sub = ada.pk
    change_member(member=ada, values={"username": "bob", "email": "bob@example.com", "first_name": "B"}, actor=None)
    assert User.objects.get().pk == sub


def test_clients_receive_the_last_verified_address_until_the_new_one_is() -> None:
    ada = make("ada")
    assert released_email(ada) is None
    change_member(member=ada, values={"email": "first@example.com"}, actor=None)
    assert released_email(ada) == ReleasedEmail("first@example.com", False)
    change_member(member=ada, values={"email_verified": True}, actor=None)
    assert released_email(ada) == ReleasedEmail("first@example.com", True)
    change_member(member=ada, values={"email": "second@example.com"}, actor=None)
    assert not User.objects.get().email_verified
    assert released_email(ada) == ReleasedEmail("first@example.com", True)
    change_member(member=ada, values={"email_verified": True}, actor=None)
    assert released_email(ada) == ReleasedEmail("second@example.com", True)


def test_taking_the_tick_back_takes_the_promise_back() -> None:  # G12
    ada = make("ada", email="ada@example.com", email_verified=True)
    change_member(member=ada, values={"email_verified": False}, actor=None)
    assert released_email(ada) == ReleasedEmail("ada@example.com", False)


def test_an_address_taken_away_is_told_to_no_client() -> None:
    ada = make("ada", email="ada@example.com", email_verified=True)
    change_member(member=ada, values={"email": ""}, actor=None)
    assert released_email(ada) is None


@pytest.mark.parametrize("vouch", [True, False])
def test_emails_verified_vouches_for_what_operators_enter(settings: Any, vouch: bool) -> None:  # G12
    settings.HEARTHKEY_ACCOUNTS_EMAILS_VERIFIED = vouch
    ada = make("ada", email="ada@example.com")
    assert ada.email_verified is vouch
    change_member(member=ada, values={"email": "new@example.com"}, actor=None)
    assert User.objects.get().email_verified is vouch


def test_an_operators_tick_is_audited_with_who_gave_it() -> None:  # G12
    root, ada = superuser(), make("ada", email="ada@example.com")
    form = {"username": "ada", "email": "ada@example.com", "email_verified": "on"}
    assert browser(root).post(page_of(ada), form).status_code == 302
    assert User.objects.get(pk=ada.pk).email_verified
    (event,) = events("member_changed")
    assert (event.actor_id, event.subject_id) == (str(root.pk), str(ada.pk))
    assert (event.data["before"]["email_verified"], event.data["after"]["email_verified"]) == (False, True)


# V55
def test_a_new_address_on_the_page_needs_the_tick_anew() -> None:  # G12
    root, ada = superuser(), make("ada", email="ada@example.com")
    assert browser(root).post(page_of(ada), {"username": "ada", "email": "b@example.com"}).status_code == 302
    assert not User.objects.get(pk=ada.pk).email_verified


@pytest.mark.django_db(transaction=True)
def test_of_ten_who_take_the_same_name_at_once_one_gets_it() -> None:
    spellings = ["ada", "Ada", "ADA", "aDa", "adA"] * 2
    results = outcomes(numbered(10, lambda number: make(spellings[number]).username))
    taken = [result for result in results if isinstance(result, str)]
    assert len(taken) == 1
    assert all(isinstance(result, str | IdentifierTaken) for result in results), results
    assert User.objects.count() == 1


WARNING = "The new address isn&#x27;t verified."


@pytest.mark.parametrize(
    ("was_verified", "ticked", "address", "is_verified"),
    [
        (True, True, "b@example.com", False),  # the tick that stood there was for the old address
        (True, False, "b@example.com", False),
        (False, True, "b@example.com", True),  # set anew, with the new address beside it
        (False, False, "b@example.com", False),
        (True, True, "ada@example.com", True),  # the same address: the tick stays
    ],
)
def test_a_tick_that_was_kept_does_not_vouch_for_a_new_address(  # G12
    was_verified: bool, ticked: bool, address: str, is_verified: bool
) -> None:
    root, ada = superuser(), make("ada", email="ada@example.com", email_verified=was_verified)
    form = {"username": "ada", "email": address, **({"email_verified": "on"} if ticked else {})}
    client = browser(root)
    response = client.post(page_of(ada), form, follow=True)
    stored = User.objects.get(pk=ada.pk)
    assert (stored.email, stored.email_verified) == (address, is_verified)
    assert (WARNING in response.content.decode()) is not is_verified
    released = released_email(stored)
    assert released is not None
    assert released.verified is (was_verified or is_verified)
    assert released.address == (address if is_verified or not was_verified else "ada@example.com")
    if is_verified:
        return
    # The warning's advice works: ticked once more, beside the address it is for.
    again = client.post(page_of(ada), {**form, "email_verified": "on"}, follow=True)
    assert WARNING not in again.content.decode()
    assert User.objects.get(pk=ada.pk).email_verified


def test_an_address_that_the_service_vouches_for_by_itself_brings_no_warning(settings: Any) -> None:  # G12
    settings.HEARTHKEY_ACCOUNTS_EMAILS_VERIFIED = True
    root, ada = superuser(), make("ada", email="ada@example.com")
    form = {"username": "ada", "email": "b@example.com", "email_verified": "on"}
    response = browser(root).post(page_of(ada), form, follow=True)
    assert WARNING not in response.content.decode()
    assert User.objects.get(pk=ada.pk).email_verified


def test_a_refused_change_of_the_address_warns_of_nothing() -> None:  # G12
    root = superuser(email="a@example.com", email_verified=True)
    form = {"username": "root", "email": "b@example.com", "email_verified": "on", "is_staff": "on"}
    client = browser(root)
    assert WARNING not in client.post(page_of(root), form).content.decode()
    assert WARNING in client.post(page_of(root), {**form, "is_superuser": "on"}, follow=True).content.decode()

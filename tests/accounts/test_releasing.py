"""A former name or address is its member's: releasing it is a change of that member."""

from __future__ import annotations

import pytest

from accounts.exceptions import InvalidValue, NotAllowed
from accounts.models import ReservedIdentifier, User
from accounts.services import identifiers, members
from tests.support.accounts.people import browser, events, make, superuser
from tests.support.racing import outcomes

pytestmark = pytest.mark.django_db
OFFICE = ("view_user", "change_user", "view_reservedidentifier", "delete_reservedidentifier")


def formerly(user: User, address: str) -> ReservedIdentifier:
    """Let the member have had this address, verified."""
    for email in (address, f"now-{address}"):
        values = {"email": email, "email_verified": True}
        members.change_member(member=User.objects.get(pk=user.pk), values=values, actor=None)
    return ReservedIdentifier.objects.get(kind="email", key=address)


@pytest.mark.parametrize(("above", "released"), [(True, False), (False, True)])
def test_an_operator_releases_nothing_of_who_is_above_them(above: bool, released: bool) -> None:
    owner = superuser() if above else make("plain")
    superuser("spare")
    steve = make("steve", is_staff=True, permissions=OFFICE)
    row = formerly(owner, "old@example.com")
    answer = browser(steve).post(f"/admin/hearthkey_accounts/reservedidentifier/{row.pk}/delete/", {"post": "yes"})
    assert answer.status_code == 302
    assert ReservedIdentifier.objects.filter(pk=row.pk).exists() is not released
    page = f"/admin/hearthkey_accounts/user/{steve.pk}/change/"
    browser(steve).post(page, {"username": "steve", "email": "old@example.com", "email_verified": "on"})
    assert (User.objects.get(pk=steve.pk).email == "old@example.com") is released


@pytest.mark.parametrize("name", ["root", "steve"])
def test_what_was_a_deleted_members_is_released_by_superusers_only(name: str) -> None:
    superuser()
    make("steve", is_staff=True, permissions=OFFICE)
    row = formerly(make("gone"), "gone@example.com")
    members.delete_member(member=User.objects.get(username="gone"), actor=None)
    actor = User.objects.get(username=name)
    if name == "root":
        identifiers.release(identifier=row, actor=actor)
    else:
        with pytest.raises(NotAllowed):
            identifiers.release(identifier=row, actor=actor)
    assert ReservedIdentifier.objects.filter(key="gone@example.com").exists() is (name != "root")


@pytest.mark.django_db(transaction=True)
def test_of_two_operators_who_release_at_once_one_does_and_it_is_told_once() -> None:
    one, two = superuser("one"), superuser("two")
    row = formerly(make("plain"), "old@example.com")

    def release(actor: User) -> None:
        identifiers.release(identifier=ReservedIdentifier(pk=row.pk, **vars_of(row)), actor=actor)

    found = outcomes([lambda: release(one), lambda: release(two)])
    assert [type(outcome) for outcome in found if outcome is not None] == [InvalidValue]
    assert len(events("identifier_released")) == 1
    assert not ReservedIdentifier.objects.filter(pk=row.pk).exists()


def vars_of(row: ReservedIdentifier) -> dict[str, object]:
    """Return what both read before either of them acted."""
    return {"kind": row.kind, "key": row.key, "owner_id": row.owner_id}

"""The member's own list: what it shows, renaming, removing, and the last door."""

from __future__ import annotations

import json
import re
import uuid

import pytest
from django.test import Client
from webauthn.helpers import bytes_to_base64url

from passkeys.models import Passkey, RemovedCredential, UserHandle, digest
from passkeys.signals import PasskeyRefused, PasskeyRemoved, PasskeyRenamed
from passkeys.testing import Overrides, SoftAuthenticator
from tests.support.passkeys.world import ORIGIN, SIGN_IN, Person, error_of, make_user, options, verify

pytestmark = pytest.mark.django_db

LIST = "/account/passkeys/"
BITWARDEN = uuid.UUID("d548826e-79b4-db40-a3d8-11116f7e8349")


@pytest.fixture
def two(owner):
    """The owner with a second passkey, on a key of its own."""
    owner.signed_in()
    first = owner.device
    owner.device = SoftAuthenticator(
        origin=ORIGIN, attachment="cross-platform", transports=("usb",), backup_eligible=False, aaguid=BITWARDEN
    )
    assert owner.add().status_code == 201
    owner.second, owner.device = owner.device, first
    return owner


def page_of(person):
    return person.client.get(LIST).content.decode()


def test_the_list_shows_provider_dates_and_where_a_passkey_lives(two):
    page = page_of(two)
    assert "My passkey" in page
    assert "Bitwarden" in page
    assert 'src="data:image/' in page
    assert "synced" in page
    assert "this device only" in page
    assert "last used" in page
    assert "never used" in page
    assert "Add passkey" in page
    assert page.count(">Remove<") == 2
    assert "notice danger" not in page.split("<ul")[0]


def test_fewer_than_two_passkeys_are_warned_of(owner):
    owner.signed_in()
    assert "You have one passkey" in page_of(owner)
    Passkey.objects.update(backed_up=False)
    assert "on one device alone" in page_of(owner)
    Passkey.objects.all().delete()
    assert "You have no passkey" in page_of(owner)


# M08
def test_a_name_is_shown_as_text(two):
    two.client.post(f"{LIST}{two.passkeys[0].pk}/rename", {"name": "<b>x</b>"})
    assert "<b>x</b>" not in page_of(two)
    assert "&lt;b&gt;x&lt;/b&gt;" in page_of(two)


def test_the_owner_renames_in_place(owner, heard):
    owner.signed_in()
    response = owner.client.post(f"{LIST}{owner.passkey.pk}/rename", {"name": "  Kitchen   tablet ", "next": "/login"})
    assert response["Location"] == "/login"
    assert owner.passkey.name == "Kitchen tablet"
    (event,) = heard.of(PasskeyRenamed)
    assert (event.old_name, event.new_name) == ("My passkey", "Kitchen tablet")


@pytest.mark.parametrize("name", ["", "   ", "x" * 65, "a\x00b", "a\x1bb"])
def test_a_bad_name_is_refused(owner, name):
    owner.signed_in()
    assert owner.client.post(f"{LIST}{owner.passkey.pk}/rename", {"name": name}).status_code == 400
    assert owner.passkey.name == "My passkey"


def test_somebody_elses_passkey_cannot_be_renamed_or_removed(two, stranger):
    stranger.signed_in()
    for path in ("rename", "remove"):
        assert stranger.client.post(f"{LIST}{two.passkeys[0].pk}/{path}", {"name": "x"}).status_code == 404
    assert stranger.client.get(f"{LIST}{two.passkeys[0].pk}/remove").status_code == 404
    assert len(two.passkeys) == 2


def test_a_passkey_is_removed_after_it_was_confirmed(two, heard):
    gone, kept = two.passkeys
    path = f"{LIST}{gone.pk}/remove"
    page = two.client.get(path).content.decode()
    assert "Remove passkey" in page
    assert "sign in again with another one" in page
    assert "sign in again with another one" not in two.client.get(f"{LIST}{kept.pk}/remove").content.decode()
    assert len(two.passkeys) == 2
    response = two.client.post(path)
    assert response.status_code == 200
    assert two.passkey == kept
    (event,) = heard.of(PasskeyRemoved)
    assert (event.passkey, event.left, event.actor) == (str(gone.pk), 1, None)
    page = response.content.decode()
    signal = json.loads(re.search(r'hearthkey-passkey-signal"[^>]*>(.*?)</script>', page)[1])
    assert signal == {
        "rpId": "localhost",
        "userId": bytes_to_base64url(bytes(UserHandle.objects.get(user=two.user).handle)),
        "allAcceptedCredentialIds": [bytes_to_base64url(bytes(kept.credential_id))],
    }
    assert "hearthkey-passkey-signal" not in page_of(two)
    # The site ends the session that the removed passkey began.
    assert two.client.post(path).headers["Location"].startswith("/login?")


# L05
@pytest.mark.parametrize(("age", "removed"), [(290, True), (310, False)])
def test_removing_needs_an_assertion_of_the_last_five_minutes(two, age, removed):
    path = f"{LIST}{two.passkeys[1].pk}/remove"
    two.age_assertion(age)
    response = two.client.post(path)
    if removed:
        assert response.status_code == 200
    else:
        assert response["Location"].startswith("/account/confirm?next=")
        assert two.client.get(path)["Location"].startswith("/account/confirm?next=")
    assert len(two.passkeys) == (1 if removed else 2)


# L05, V4
def test_a_code_session_removes_nothing(two):
    two.begin_session({"method": "code", "at": None, "passkey": None})
    assert two.client.post(f"{LIST}{two.passkeys[1].pk}/remove")["Location"].startswith("/account/confirm")
    assert len(two.passkeys) == 2


# K10
def test_the_last_passkey_stays(two):
    second = two.passkeys[1]
    assert two.client.post(f"{LIST}{second.pk}/remove").status_code == 200
    assert two.client.post(f"{LIST}{two.passkey.pk}/remove").status_code == 409
    assert len(two.passkeys) == 1
    assert ">Remove<" not in page_of(two)


# K10
def test_a_passkey_of_a_former_domain_is_no_door_that_counts(two):
    usable, former = two.passkeys
    Passkey.objects.filter(pk=former.pk).update(rp_id="old.example.org")
    assert "former address" in page_of(two)
    assert two.client.post(f"{LIST}{usable.pk}/remove").status_code == 409
    assert two.client.post(f"{LIST}{former.pk}/remove").status_code == 200


# K10 K09
def test_a_removed_passkey_fails_at_once_and_says_so(two, heard):
    browser = Client()
    begun = options(browser, SIGN_IN)
    answer = two.second.get(begun["publicKey"])
    assert two.client.post(f"{LIST}{two.passkeys[1].pk}/remove").status_code == 200
    response = verify(browser, SIGN_IN, begun, answer)
    assert error_of(response) == (404, "removed")
    assert response.json()["message"] == "This passkey was removed from your account."
    assert heard.of(PasskeyRefused)[-1].reason == "removed"
    assert "_auth_user_id" not in browser.session


# K09
def test_a_passkey_that_is_merely_unknown_is_never_called_removed(two):
    two.passkeys[1].delete()
    browser = Client()
    begun = options(browser, SIGN_IN)
    assert error_of(verify(browser, SIGN_IN, begun, two.second.get(begun["publicKey"]))) == (400, "refused")
    assert not RemovedCredential.objects.exists()


def test_a_removed_passkey_may_be_enrolled_again(two):
    gone = two.passkeys[1]
    assert two.client.post(f"{LIST}{gone.pk}/remove").status_code == 200
    two.device = SoftAuthenticator(origin=ORIGIN)
    assert two.add(Overrides(attested_id=bytes(gone.credential_id))).status_code == 201
    assert not RemovedCredential.objects.filter(pk=digest(bytes(gone.credential_id))).exists()


def test_the_setup_step_can_be_skipped_only_after_it_asked_again(db):
    person = Person(make_user("new"), Client(), SoftAuthenticator(origin=ORIGIN)).begin_setup_session()
    page = person.client.get(f"{LIST}first").content.decode()
    assert "Add passkey" in page
    assert "Skip for now" in page
    assert "Yes, go on" not in page
    again = person.client.get(f"{LIST}first?skip=1&next=/account/passkeys/").content.decode()
    assert "Are you sure" in again
    assert "Yes, go on without a passkey" in again
    assert person.use_first(person.add()).status_code == 200
    assert person.client.get(f"{LIST}first?next=/login")["Location"] == "/login"


def test_pages_are_for_members_only(client):
    for path in (LIST, f"{LIST}first", f"{LIST}{uuid.uuid4()}/remove"):
        assert client.get(path)["Location"].startswith("/login?next=")

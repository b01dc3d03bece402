"""What a site takes of new passkeys: where they are kept, and whether they may be copied to other devices."""

from __future__ import annotations

import pytest
from django.test import Client

from passkeys.exceptions import SyncedNotAllowed, WrongAttachment
from passkeys.models import Passkey
from passkeys.signals import PasskeyRefused, PasskeyRegistered
from passkeys.testing import SoftAuthenticator
from tests.support.passkeys.world import ADD, ORIGIN, SIGN_IN, Person, error_of, make_user, options, verify

pytestmark = pytest.mark.django_db


@pytest.fixture
def newcomer(db):
    return Person(make_user("newcomer"), Client(), SoftAuthenticator(origin=ORIGIN)).begin_setup_session()


def security_key():
    return SoftAuthenticator(
        origin=ORIGIN,
        backup_eligible=False,
        backed_up=False,
        counts=True,
        attachment="cross-platform",
        transports=("usb",),
    )


def test_a_synced_passkey_is_refused_where_none_may_be(newcomer, heard, settings):
    settings.HEARTHKEY_PASSKEYS_SYNCED_ALLOWED = False
    refused = newcomer.add()
    assert error_of(refused) == (400, "synced_not_allowed")
    assert refused.json()["message"] == str(SyncedNotAllowed.message)
    assert not Passkey.objects.exists()
    (event,) = heard.of(PasskeyRefused)
    assert (event.purpose, event.reason, event.user) == ("register", "synced_not_allowed", str(newcomer.user.pk))
    newcomer.device = security_key()
    assert newcomer.add().status_code == 201
    assert len(heard.of(PasskeyRegistered)) == 1


# A backup that is not made yet may be made any day: what counts is what the passkey can do, and that is signed.
def test_a_passkey_that_is_not_synced_yet_counts_as_synced(newcomer, settings):
    settings.HEARTHKEY_PASSKEYS_SYNCED_ALLOWED = lambda: False
    newcomer.device = SoftAuthenticator(origin=ORIGIN, backup_eligible=True, backed_up=False)
    assert error_of(newcomer.add()) == (400, "synced_not_allowed")
    settings.HEARTHKEY_PASSKEYS_SYNCED_ALLOWED = lambda: True
    newcomer.device = SoftAuthenticator(origin=ORIGIN, backup_eligible=True, backed_up=False)
    assert newcomer.add().status_code == 201


def test_synced_passkeys_that_exist_keep_working(newcomer, settings):
    assert newcomer.add().status_code == 201
    settings.HEARTHKEY_PASSKEYS_SYNCED_ALLOWED = False
    settings.HEARTHKEY_PASSKEYS_ATTACHMENT = "cross-platform"
    browser = Client()
    begun = options(browser, SIGN_IN)
    assert verify(browser, SIGN_IN, begun, newcomer.device.get(begun["publicKey"])).status_code == 200


@pytest.mark.parametrize("attachment", ["platform", "cross-platform"])
def test_browsers_are_asked_for_where_new_passkeys_are_kept(newcomer, settings, attachment):
    settings.HEARTHKEY_PASSKEYS_ATTACHMENT = attachment
    selection = options(newcomer.client, ADD)["publicKey"]["authenticatorSelection"]
    assert selection["authenticatorAttachment"] == attachment
    settings.HEARTHKEY_PASSKEYS_ATTACHMENT = "any"
    assert "authenticatorAttachment" not in options(newcomer.client, ADD)["publicKey"]["authenticatorSelection"]


@pytest.mark.parametrize(("wanted", "told"), [("platform", "cross-platform"), ("cross-platform", "platform")])
def test_a_passkey_that_is_kept_elsewhere_is_refused(newcomer, heard, settings, wanted, told):
    settings.HEARTHKEY_PASSKEYS_ATTACHMENT = wanted
    newcomer.device = SoftAuthenticator(origin=ORIGIN, attachment=told)
    refused = newcomer.add()
    assert error_of(refused) == (400, "wrong_attachment")
    assert refused.json()["message"] == str(WrongAttachment.message)
    assert [event.reason for event in heard.of(PasskeyRefused)] == ["wrong_attachment"]
    newcomer.device = SoftAuthenticator(origin=ORIGIN, attachment=wanted)
    assert newcomer.add().status_code == 201


def test_a_browser_that_does_not_say_where_is_believed(newcomer, settings):
    settings.HEARTHKEY_PASSKEYS_ATTACHMENT = "platform"
    newcomer.device = SoftAuthenticator(origin=ORIGIN, attachment="")
    assert newcomer.add().status_code == 201

"""Passkeys in a real Chromium. Every browser step runs in one worker thread, so the tests may use the database."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect
from webauthn.helpers import bytes_to_base64url

from passkeys.models import Ceremony, Passkey
from passkeys.services.manage import remove_passkey_of_member
from passkeys.signals import PasskeyRefused
from passkeys.testing import BrowserAuthenticator
from tests.support.passkeys.browsing import LIST
from tests.support.passkeys.world import make_user
from tests.support.servers import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_enrolling_and_signing_in_with_one_tap(enrolled):
    assert Passkey.objects.get().backed_up
    enrolled.open("/login")
    # The button has the focus: one key is enough.
    button = enrolled.page.get_by_role("button", name="Sign in with a passkey", exact=True)
    enrolled.do(lambda: expect(button).to_be_focused())
    enrolled.do(lambda: enrolled.page.keyboard.press("Enter"))
    enrolled.reach(LIST)
    assert "synced" in enrolled.text()


def test_a_second_passkey_needs_one_more_tap_right_after_the_setup(visitor):
    visitor.user = make_user("ada")
    visitor.use_session_of(visitor.user, {"method": "setup", "at": None, "passkey": None})
    visitor.open(LIST)
    visitor.press("Add passkey")
    visitor.reads("You have one passkey")
    visitor.do(lambda: BrowserAuthenticator(visitor.page, transport="usb", synced=False))
    visitor.press("Add passkey")
    visitor.reads("this device only")
    assert Passkey.objects.count() == 2


def test_how_a_passkey_is_reached_is_stored_and_given_back(enrolled):
    enrolled.open("/login")
    enrolled.press("Sign in with a passkey")
    enrolled.reach(LIST)
    for transport in ("hybrid", "usb"):
        # One device at a time: the one that holds a passkey already would answer first.
        enrolled.do(enrolled.device.close)
        enrolled.device = enrolled.do(
            lambda transport=transport: BrowserAuthenticator(enrolled.page, transport=transport)
        )
        before = Passkey.objects.count()
        offered = enrolled.add_passkey()
        stored = {bytes_to_base64url(bytes(one.credential_id)): one.transports for one in Passkey.objects.all()}
        assert len(stored) == before + 1
        told = {entry["id"]: entry["transports"] for entry in offered["publicKey"]["excludeCredentials"]}
        assert len(told) == before
        assert told.items() <= stored.items()
    # Chromium adds Bluetooth to what works across devices.
    reached = [one.transports for one in Passkey.objects.order_by("created_at")]
    assert reached == [["internal"], ["ble", "hybrid"], ["usb"]]


def test_a_device_that_has_a_passkey_already_says_so(enrolled):
    enrolled.open("/login")
    enrolled.press("Sign in with a passkey")
    enrolled.reach(LIST)
    enrolled.press("Add passkey")
    enrolled.reads("This device already has a passkey for your account.")
    assert Passkey.objects.count() == 1


def test_cancelling_says_what_to_do_and_keeps_the_button(enrolled):
    enrolled.do(lambda: enrolled.device.set_user_verified(False))
    enrolled.open("/login")
    enrolled.press("Sign in with a passkey")
    enrolled.reads("No passkey was used. Try again, or use another device.")
    enrolled.do(lambda: enrolled.device.set_user_verified(True))
    enrolled.press("Sign in with a passkey")
    enrolled.reach(LIST)


@pytest.mark.parametrize("lie", ["bogus_signature", "bad_uv", "bad_up"])
def test_a_lying_device_is_refused(enrolled, heard, lie):
    enrolled.do(lambda: enrolled.device.lie(**{lie: True}))
    enrolled.open("/login")
    enrolled.press("Sign in with a passkey")
    enrolled.reads("This passkey was not accepted.")
    assert heard.of(PasskeyRefused)
    # A refusal that is not a removal never erases anything on the device.
    assert len(enrolled.do(enrolled.device.credentials)) == 1
    enrolled.do(enrolled.device.lie)
    enrolled.press("Sign in with a passkey")
    enrolled.reach(LIST)


@pytest.mark.parametrize("lie", ["bad_uv", "bad_up"])
def test_a_new_passkey_that_was_refused_does_not_stay_on_the_device(visitor, lie):
    visitor.user = make_user("ada")
    visitor.use_session_of(visitor.user, {"method": "setup", "at": None, "passkey": None})
    visitor.do(lambda: visitor.device.lie(**{lie: True}))
    visitor.open(LIST)
    visitor.press("Add passkey")
    visitor.reads("The new passkey could not be accepted.")
    assert not Passkey.objects.exists()
    wait_until(lambda: not visitor.do(visitor.device.credentials))
    visitor.do(visitor.device.lie)
    visitor.press("Add passkey")
    visitor.reads("You have one passkey")
    assert len(visitor.do(visitor.device.credentials)) == Passkey.objects.count() == 1


@pytest.mark.parametrize("code", ["already_registered", "failed", "step_up_required"])
def test_a_new_passkey_that_may_have_been_taken_stays_on_the_device(visitor, code):
    visitor.user = make_user("ada")
    visitor.use_session_of(visitor.user, {"method": "setup", "at": None, "passkey": None})
    visitor.open(LIST)
    body = {"error": code, "message": "Something went wrong.", "reference": ""}
    visitor.do(lambda: visitor.page.route("**/add/verify", lambda route: route.fulfill(status=400, json=body)))
    visitor.do(lambda: visitor.page.route("**/confirm/options", lambda route: route.fulfill(status=400, json=body)))
    visitor.press("Add passkey")
    visitor.reads("Something went wrong.")
    assert len(visitor.do(visitor.device.credentials)) == 1


def test_a_page_left_open_for_too_long_asks_again_by_itself(enrolled):
    enrolled.open("/login")
    seen: list[str] = []

    def expire_first(route: Any) -> None:
        if not seen:
            seen.append(route.request.url)
            body = {"error": "ceremony_expired", "message": "x", "reference": ""}
            route.fulfill(status=400, json=body)
        else:
            route.continue_()

    enrolled.do(lambda: enrolled.page.route("**/login/verify", expire_first))
    enrolled.press("Sign in with a passkey")
    enrolled.reach(LIST)
    assert seen


def test_a_counter_that_went_back_is_refused(enrolled):
    (credential_id,) = enrolled.do(enrolled.device.credential_ids)
    Passkey.objects.update(sign_count=1000)
    enrolled.open("/login")
    enrolled.press("Sign in with a passkey")
    enrolled.reads("This passkey was not accepted.")
    enrolled.do(lambda: enrolled.device.set_credential(credential_id, signCount=2000))
    enrolled.press("Sign in with a passkey")
    enrolled.reach(LIST)


def test_the_badge_follows_the_backup_state(enrolled):
    (credential_id,) = enrolled.do(enrolled.device.credential_ids)
    enrolled.do(lambda: enrolled.device.set_credential(credential_id, backupEligibility=True, backupState=False))
    enrolled.open("/login")
    enrolled.press("Sign in with a passkey")
    enrolled.reads("can sync, not backed up yet")


def test_removing_a_passkey_lets_the_device_forget_it(enrolled):
    enrolled.open("/login")
    enrolled.press("Sign in with a passkey")
    enrolled.reach(LIST)
    old = Passkey.objects.get()
    usb = enrolled.do(lambda: BrowserAuthenticator(enrolled.page, transport="usb", synced=False))
    enrolled.press("Add passkey")
    enrolled.reads("this device only")
    enrolled.open(f"{LIST}{old.pk}/remove")
    enrolled.press("Remove passkey")
    enrolled.reads("was removed from your account")
    enrolled.do(lambda: enrolled.page.wait_for_timeout(500))
    assert enrolled.do(enrolled.device.credentials) == []
    assert len(enrolled.do(usb.credentials)) == 1


def test_a_removed_passkey_is_explained_and_forgotten_by_the_device(enrolled):
    other = make_user("operator", is_superuser=True)
    remove_passkey_of_member(actor=other, passkey=Passkey.objects.get())
    enrolled.open("/login")
    enrolled.press("Sign in with a passkey")
    enrolled.reads("This passkey was removed from your account.")
    enrolled.do(lambda: enrolled.page.wait_for_timeout(500))
    assert enrolled.do(enrolled.device.credentials) == []


def test_an_unknown_passkey_is_left_alone_on_the_device(enrolled):
    Passkey.objects.all().delete()
    enrolled.open("/login")
    enrolled.press("Sign in with a passkey")
    enrolled.reads("This passkey was not accepted.")
    enrolled.do(lambda: enrolled.page.wait_for_timeout(500))
    assert len(enrolled.do(enrolled.device.credentials)) == 1


def test_step_up_leads_back(enrolled):
    enrolled.use_session_of(enrolled.user, {"method": "code", "at": None, "passkey": None})
    enrolled.open(f"/account/confirm?next={LIST}first")
    enrolled.press("Confirm with a passkey")
    # The first-passkey page leads on to the list, as there is a passkey already.
    enrolled.reach(LIST)


def test_renaming_in_place(enrolled):
    enrolled.open("/login")
    enrolled.press("Sign in with a passkey")
    enrolled.reach(LIST)
    enrolled.do(lambda: enrolled.page.locator("summary").first.click())
    enrolled.do(lambda: enrolled.page.get_by_label("Name").fill("Kitchen tablet"))
    enrolled.press("Save")
    enrolled.reads("Kitchen tablet")
    assert Passkey.objects.get().name == "Kitchen tablet"


def test_a_browser_without_passkeys_is_told_so(visitor):
    visitor.do(lambda: visitor.page.add_init_script("delete window.PublicKeyCredential"))
    visitor.open("/login")
    visitor.reads("This browser cannot use passkeys.")
    assert visitor.do(lambda: visitor.page.locator("[data-passkey-button]").is_hidden())


def test_an_ip_address_is_told_where_to_go(visitor, settings):
    settings.ALLOWED_HOSTS = ["*"]
    visitor.open(f"{visitor.address.replace('localhost', '127.0.0.1')}/login")
    visitor.press("Sign in with a passkey")
    visitor.reads("Passkeys do not work at this address.")
    assert visitor.address in visitor.text()


def test_without_javascript_the_page_says_what_is_needed(worker, visitor):
    context = worker.do(lambda: worker.browser.new_context(java_script_enabled=False))
    try:
        page = worker.do(context.new_page)
        worker.do(lambda: page.goto(f"{visitor.address}/login"))
        assert "Passkeys need JavaScript" in worker.do(lambda: page.inner_text("body"))
    finally:
        worker.do(context.close)


def test_an_unreachable_service_is_told(enrolled):
    enrolled.open("/login")
    enrolled.do(lambda: enrolled.context.set_offline(True))
    enrolled.press("Sign in with a passkey")
    enrolled.reads("The service cannot be reached.")
    enrolled.do(lambda: enrolled.context.set_offline(False))
    enrolled.press("Sign in with a passkey")
    enrolled.reach(LIST)
    assert not Ceremony.objects.filter(kind="sign_in").exists()

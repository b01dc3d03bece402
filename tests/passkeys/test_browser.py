"""Passkeys in a real Chromium. Every browser step runs in one worker thread, so the tests may use the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from django.test import Client
from playwright.sync_api import Browser, sync_playwright

from passkeys.models import Ceremony, Passkey
from passkeys.services.manage import remove_passkey_of_member
from passkeys.signals import PasskeyRefused
from passkeys.testing import BrowserAuthenticator
from tests.passkeys.world import make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

T = TypeVar("T")
FLAGS = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"]
LIST = "/account/passkeys/"


class Worker:
    """One thread that owns playwright; ``do`` runs a step in it and waits."""

    def __init__(self) -> None:
        self.pool = ThreadPoolExecutor(1)
        self.playwright: Any = self.do(lambda: sync_playwright().start())
        self.browser: Browser = self.do(
            lambda: self.playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        )

    def do(self, step: Callable[[], T]) -> T:
        return self.pool.submit(step).result(timeout=60)

    def close(self) -> None:
        self.do(self.browser.close)
        self.do(self.playwright.stop)
        self.pool.shutdown()


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    running = Worker()
    yield running
    running.close()


class Visitor:
    """A browser context with one page and one virtual authenticator."""

    def __init__(self, worker: Worker, address: str) -> None:
        self.worker, self.address = worker, address
        self.context = worker.do(lambda: worker.browser.new_context(base_url=address))
        self.page = worker.do(self.context.new_page)
        self.page.set_default_timeout(10_000)
        self.complaints: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.device = worker.do(lambda: BrowserAuthenticator(self.page))

    def do(self, step: Callable[[], T]) -> T:
        return self.worker.do(step)

    def open(self, path: str) -> None:
        self.do(lambda: self.page.goto(path))

    def press(self, name: str) -> None:
        self.do(lambda: self.page.get_by_role("button", name=name, exact=True).click())

    def reach(self, path: str) -> None:
        self.do(lambda: self.page.wait_for_url(f"{self.address}{path}"))

    def reads(self, text: str) -> None:
        self.do(lambda: self.page.get_by_text(text).first.wait_for())

    def text(self) -> str:
        return self.do(lambda: self.page.inner_text("body"))

    def use_session_of(self, user: Any, entry: dict[str, Any]) -> None:
        client = Client()
        client.force_login(user)
        session = client.session
        session["hearthkey_auth"] = entry
        session.save()
        cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": self.address}
        self.do(lambda: self.context.add_cookies([cookie]))

    def sign_out(self) -> None:
        self.do(self.context.clear_cookies)


@pytest.fixture
def visitor(worker, live_server, settings) -> Iterator[Visitor]:
    address = live_server.url.replace("127.0.0.1", "localhost")
    settings.HEARTHKEY_PASSKEYS_ORIGINS = lambda: [address]
    # A site without any member shows its first-run page instead.
    make_user("resident")
    someone = Visitor(worker, address)
    yield someone
    worker.do(someone.context.close)
    assert someone.complaints == []


@pytest.fixture
def enrolled(visitor):
    """The visitor is a member with one passkey, made in the set-up step, and signed out."""
    visitor.user = make_user("ada")
    visitor.use_session_of(visitor.user, {"method": "setup", "at": None, "passkey": None})
    visitor.open(f"{LIST}first")
    visitor.press("Add passkey")
    visitor.reach(LIST)
    visitor.sign_out()
    return visitor


def test_enrolling_and_signing_in_with_one_tap(enrolled):
    assert Passkey.objects.get().backed_up
    enrolled.open("/login")
    # The button has the focus: one key is enough.
    assert enrolled.do(lambda: enrolled.page.evaluate("document.activeElement.textContent")) == "Sign in with a passkey"
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

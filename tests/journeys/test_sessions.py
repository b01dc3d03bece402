"""Sessions seen and ended by real people at real browsers, while two processes serve them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.people import TIMEOUT, Person
from tests.support.servers import Hearthkey

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
WIDE = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 844}}


def member(service: Hearthkey, person: Callable[..., Person], username: str, **context: Any) -> Person:
    service.create_member(username, f"{username}@example.com")
    found = person(**context)
    found.enrol_by_link(username)
    return found


def picture(page: Page, name: str, folder: Path) -> None:
    """Take it, once it was seen that nothing is cut off at the side."""
    folder = Path(os.environ["SESSION_PICTURES"]) if "SESSION_PICTURES" in os.environ else folder
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.screenshot(path=folder / f"{name}.png", full_page=True, animations="disabled")


def forget_the_passkey_for_a_while(service: Hearthkey, username: str) -> None:
    """Let sixteen minutes pass since this member last used a passkey."""
    service.manage(
        "shell",
        "-c",
        "from accounts.models import Session; from accounts.sessions import SessionStore\n"
        f"for row in Session.objects.filter(user__username={username!r}):\n"
        "    store = SessionStore(); data = store.decode(row.data)\n"
        "    data['hearthkey_auth']['at'] -= 960\n"
        "    Session.objects.filter(pk=row.pk).update(data=store.encode(data))\n",
    )


# L03, L04
def test_a_session_ended_here_is_signed_out_there_on_the_next_click(
    service: Hearthkey, person: Callable[..., Person], tmp_path: Path
) -> None:
    sonia = member(service, person, "sonia", **WIDE)
    there = person(**PHONE)
    there.enter_by_link("sonia")
    there.see("Hello, sonia")
    sonia.open("/account/sessions")
    sonia.see("This one")
    sonia.see("Chrome on Linux")
    sonia.see(re.compile("with a one-time code"))
    picture(sonia.page, "sessions-1280", tmp_path)
    there.open("/account/sessions")
    picture(there.page, "sessions-390", tmp_path)
    sonia.page.get_by_role("button", name=re.compile("^End Chrome")).click()
    sonia.see("Session ended.")
    sonia.see("You have no other sessions.")
    there.link("Profile").first.click()
    there.arrive(re.compile(r"/login"))
    # And in the other process too, however often.
    for _ in range(6):
        there.open("/account/")
        there.arrive(re.compile(r"/login"))
    sonia.open("/account/")
    sonia.see("Hello, sonia")


# L03
def test_who_is_disabled_is_out_and_after_that_the_passkey_still_works(
    service: Hearthkey, person: Callable[..., Person], tmp_path: Path
) -> None:
    dora = member(service, person, "dora")
    root = person(**WIDE)
    root.enrol_by_link("root")
    root.open_member("dora")
    expect(root.page.get_by_role("heading", name="Sessions")).to_be_visible(timeout=TIMEOUT)
    picture(root.page, "member-1280", tmp_path)
    root.button("Disable").click()
    root.see("Disabled: dora")
    for _ in range(4):
        dora.open("/account/")
        dora.arrive(re.compile(r"/login"))
    dora.tap()
    dora.see(re.compile("was not accepted"))
    root.button("Enable").click()
    root.see("Enabled: dora")
    dora.sign_in()
    dora.see("Hello, dora")
    root.button("Sign out everywhere").click()
    root.see("dora has been signed out of this service and all apps.")
    for _ in range(4):
        dora.open("/account/")
        dora.arrive(re.compile(r"/login"))


# L05
def test_what_was_sent_too_late_is_confirmed_in_place_and_sent_again(
    service: Hearthkey, person: Callable[..., Person], tmp_path: Path
) -> None:
    petronella = member(service, person, "petronella", **PHONE)
    petronella.add_passkey_on_another_device()
    petronella.open("/account/passkeys/")
    petronella.page.get_by_role("link", name=re.compile("^Remove")).first.click()
    petronella.see("You will not be able to sign in with this passkey any more.")
    forget_the_passkey_for_a_while(service, "petronella")
    petronella.button("Remove passkey").click()
    petronella.see("what you sent is sent again")
    picture(petronella.page, "step-up-390", tmp_path)
    petronella.page.set_viewport_size(WIDE["viewport"])
    picture(petronella.page, "step-up-1280", tmp_path)
    petronella.button("Confirm with a passkey").click()
    petronella.see("was removed from your account")

"""Persons with a browser and a device of their own, and what they do on the service's pages."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

from passkeys.testing.browser import BrowserAuthenticator
from tests.support.servers import Hearthkey, Site

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TIMEOUT = 15_000


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Start the distribution's Chromium, headless and with an empty profile."""
    with sync_playwright() as playwright:
        executable = os.environ.get("CHROMIUM") or "/usr/bin/chromium"
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_FLAGS)
        try:
            yield browser
        finally:
            browser.close()


class Person:
    """Somebody who sits at a browser; ``device`` holds their passkeys and answers at once."""

    def __init__(self, browser: Browser, service: Hearthkey, **context: Any) -> None:
        self.service = service
        self.context = browser.new_context(**context)
        self.context.set_default_timeout(TIMEOUT)
        self.complaints: list[str] = []
        self.page: Page = self.context.new_page()
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.device = BrowserAuthenticator(self.page)

    def _listen(self, message: Any) -> None:
        if "Content Security Policy" in message.text or "Content-Security-Policy" in message.text:
            self.complaints.append(message.text)

    def close(self) -> None:
        self.context.close()

    def open(self, path: str) -> Any:
        """Open a page of the service."""
        return self.page.goto(self.service.url + path)

    def button(self, name: str) -> Any:
        return self.page.get_by_role("button", name=name, exact=True)

    def link(self, name: str) -> Any:
        return self.page.get_by_role("link", name=name, exact=True)

    def see(self, text: str | re.Pattern[str]) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible(timeout=TIMEOUT)

    def arrive(self, url: str | re.Pattern[str]) -> None:
        expect(self.page).to_have_url(url, timeout=TIMEOUT)

    def another_device(self) -> None:
        """Put the device away and take up one that moves no passkey anywhere: a security key."""
        self.device.close()
        self.device = BrowserAuthenticator(self.page, transport="usb", synced=False)

    def json_at(self, url: str) -> dict[str, Any]:
        answer = self.page.goto(url)
        assert answer is not None
        found: dict[str, Any] = answer.json()
        return found

    def whoami(self, site: Site) -> dict[str, Any]:
        return self.json_at(site.whoami_url)

    def forget_service(self) -> None:
        """Lose the cookies of the service, as a new day does, and those of the sites too."""
        self.context.clear_cookies()

    # What people do.

    def enrol_by_link(self, username: str) -> None:
        """Sign in by an operator's one-time link and add the first passkey, whose first use begins the session.

        Passkeys on devices that this person does not have are lost: they are removed at the command line first.
        """
        self.enter_by_link(username)
        self.open("/account/passkeys/first")
        if "/account/passkeys/first" not in self.page.url:
            self.service.manage("remove_passkeys", username)
            self.enter_by_link(username)
        self.add_first_passkey()

    def enter_by_link(self, username: str) -> None:
        self.page.goto(self.service.login_link(username))
        self.button("Sign in").click()
        self.arrive(re.compile(r"/account/"))

    def add_first_passkey(self) -> None:
        if "/account/passkeys/first" not in self.page.url:
            self.open("/account/passkeys/first")
        self.add_and_use_passkey(then="/account/")

    def add_and_use_passkey(self, *, then: str) -> None:
        """Add a passkey where no passkey began the session; sessions elsewhere may go on."""
        self.button("Add passkey").click()
        self.arrive(re.compile(f"{re.escape(then)}$|/account/passkeys/added"))
        if "/account/passkeys/added" in self.page.url:
            self.link("Go on").click()
        self.arrive(self.service.url + then)

    def confirm(self) -> None:
        """Confirm with the passkey that is there."""
        self.open("/account/confirm?next=/account/passkeys/")
        self.button("Confirm with a passkey").click()
        self.arrive(f"{self.service.url}/account/passkeys/")

    def add_passkey_on_another_device(self) -> None:
        """Confirm with the passkey that is there, then add one on a security key, which is the device from now on."""
        self.confirm()
        self.another_device()
        self.button("Add passkey").click()
        expect(self.passkeys()).to_have_count(2, timeout=TIMEOUT)

    def passkeys(self) -> Any:
        return self.page.locator(".item-list .item").filter(has=self.page.get_by_text("Rename"))

    def tap(self) -> None:
        """Press the one button of the sign-in page."""
        self.button("Sign in with a passkey").click()

    def sign_in(self) -> None:
        self.open("/login")
        self.tap()
        self.arrive(f"{self.service.url}/account/")

    def sign_in_at(self, site: Site, *, consent: bool = True) -> None:
        """Sign in at a relying party with one tap, and agree when it is the first time."""
        self.page.goto(site.login_url)
        self.tap()
        if consent:
            self.button("Continue").click()
        self.arrive(site.whoami_url)

    def agree_at(self, site: Site) -> None:
        """Sign in at a relying party while signed in here, and agree to it."""
        self.page.goto(site.login_url)
        self.button("Continue").click()
        self.arrive(site.whoami_url)

    def hear(self, site: Site, error: str) -> dict[str, Any]:
        """Return the parameters of the error that the relying party was told."""
        self.arrive(re.compile(f"^{re.escape(site.callback_url)}"))
        heard: dict[str, Any] = json.loads(self.page.inner_text("body"))
        assert heard["error"] == error
        parameters: dict[str, Any] = heard["parameters"]
        return parameters

    def go_back_to(self, name: str) -> None:
        """Leave the page that refuses, by its link to the client."""
        self.link(f"Back to {name}").click()

    # What operators do in the administration.

    def administer(self, path: str) -> Any:
        """Open a page of the administration, and confirm with a passkey where it asks for that first."""
        answer = self.open(path)
        if "/account/confirm" not in self.page.url:
            return answer
        with self.page.expect_navigation(url=self.service.url + path) as arrival:
            self.button("Confirm with a passkey").click()
        return arrival.value

    def save(self) -> None:
        self.button("Save").click()
        self.page.wait_for_load_state()

    def open_member(self, username: str) -> None:
        self.administer(f"/admin/hearthkey_accounts/user/?q={username}")
        self.link(username).click()
        expect(self.page.locator("[name=username]")).to_have_value(username)

    def create_group(self, name: str) -> None:
        self.administer("/admin/auth/group/add/")
        self.page.locator("[name=friendly_name]").fill(name)
        self.save()
        expect(self.page.locator(".messagelist .success")).to_be_visible()

    def put_into_group(self, username: str, group: str, *, member: bool = True) -> None:
        """Tick, or untick, the group by its technical name on the member's page."""
        self.open_member(username)
        self.page.get_by_label(re.compile(rf"\({re.escape(group)}\)$")).set_checked(member)
        self.save()
        expect(self.page.locator(".messagelist .success")).to_be_visible()

    def change_address(self, username: str, email: str, *, accepted: bool = True) -> None:
        self.open_member(username)
        self.page.locator("[name=email]").fill(email)
        self.page.locator("[name=email_verified]").check()
        self.save()
        if accepted:
            expect(self.page.locator(".messagelist .success")).to_be_visible()
        else:
            expect(self.page.locator(".field-email .errorlist, .field-email.errors")).not_to_have_count(0)

    def create_client(self, name: str, callback_url: str, *, group: str) -> dict[str, Any]:
        """Register a client and copy its id and secret off the page that shows them once."""
        self.administer("/admin/hearthkey_oidc_clients/client/add/")
        self.page.locator("[name=name]").fill(name)
        self.page.locator("[name=redirect_uris]").fill(callback_url)
        named = self.page.locator("#id_allowed_groups_from option").filter(
            has_text=re.compile(rf"\({re.escape(group)}\)$")
        )
        self.page.locator("#id_allowed_groups_from").select_option(value=named.get_attribute("value"))
        self.page.locator(".selector-add").first.click()
        self.save()
        shown = {
            name: self.page.locator(f"#{name}").inner_text(timeout=TIMEOUT) for name in ("client-id", "client-secret")
        }
        return {"client_id": shown["client-id"], "client_secret": shown["client-secret"]}

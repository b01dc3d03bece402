"""A real Chromium for the tests of this folder, driven from a thread of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from django.test import Client
from playwright.sync_api import Browser, sync_playwright

from passkeys.testing import BrowserAuthenticator

T = TypeVar("T")
FLAGS = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"]
LIST = "/account/passkeys/"


class Worker:
    """One thread that owns playwright; ``do`` runs a step in it and waits."""

    def __init__(self, *flags: str) -> None:
        self.pool = ThreadPoolExecutor(1)
        self.playwright: Any = self.do(lambda: sync_playwright().start())
        self.browser: Browser = self.do(
            lambda: self.playwright.chromium.launch(executable_path="/usr/bin/chromium", args=[*FLAGS, *flags])
        )

    def do(self, step: Callable[[], T]) -> T:
        return self.pool.submit(step).result(timeout=60)

    def close(self) -> None:
        self.do(self.browser.close)
        self.do(self.playwright.stop)
        self.pool.shutdown()


class Visitor:
    """A browser context with one page and one virtual authenticator. ``user`` is the member who browses, once there is one."""

    user: Any = None

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

    def add_passkey(self) -> Any:
        """Press *Add passkey* on the list, and return the options that the service gave the browser."""

        seen: list[Any] = []

        def pass_on(route: Any) -> None:
            answer = route.fetch()
            seen.append(answer.json())
            route.fulfill(response=answer)

        def step() -> Any:
            # Read on its way: after the navigation that follows, the browser has forgotten it.
            self.page.route("**/add/options", pass_on, times=1)
            with self.page.expect_navigation():
                self.page.get_by_role("button", name="Add passkey", exact=True).click()
            return seen[0]

        return self.do(step)

"""A browser that waits to be approved on another device, and a member who answers there."""

from __future__ import annotations

import html
import re
from typing import Any

from django.test import Client

from accounts.models import SignInRequest
from accounts.services.sign_in_requests_codes import link_of

from .people import browser

TELEVISION = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
COOKIE = "hearthkey_waiting"
QUESTION = (
    "Do you see this code on a screen in front of you? If someone sent you this code, "
    "approving it signs them in as you."
)


class Waiting:
    """Somebody before a browser that has no passkey."""

    def __init__(self, *, address: str = "127.0.0.1", heading: str = "") -> None:
        self.client = browser()
        self.headers: dict[str, Any] = {"REMOTE_ADDR": address, "HTTP_USER_AGENT": TELEVISION}
        self.heading = heading

    def open(self) -> Any:
        return self.client.get("/login/device", {"next": self.heading} if self.heading else {}, **self.headers)

    def begin(self) -> Waiting:
        """Open the page and let it ask for a code, as its script does."""
        self.open()
        response = self.press("/login/device")
        assert response.status_code == 302, response.content
        return self

    def press(self, path: str, **headers: Any) -> Any:
        return self.client.post(path, {"next": self.heading}, **self.headers, **headers)

    def poll(self) -> dict[str, Any]:
        found: dict[str, Any] = self.press("/login/device/continue", HTTP_ACCEPT="application/json").json()
        return found

    def go_on(self) -> Any:
        return self.press("/login/device/continue")

    @property
    def secret(self) -> str:
        return str(self.client.cookies[COOKIE].value)

    @property
    def code(self) -> str:
        """The code that stands on the page."""
        found = re.search(r"<code>([0-9A-Z]{4}-[0-9A-Z]{4})</code>", text_of(self.open()))
        assert found
        return found[1]

    @property
    def link(self) -> str:
        """The path that the QR code holds."""
        return f"/login/device/{link_of(self.secret)}"

    @property
    def is_signed_in(self) -> bool:
        return "_auth_user_id" in self.client.session

    @property
    def entry(self) -> dict[str, Any]:
        found: dict[str, Any] = self.client.session["hearthkey_auth"]
        return found


def approve(member: Client, link: str, **values: str) -> Any:
    return member.post(f"{link}/approve", {"lasts": "day", **values})


def refuse(member: Client, link: str) -> Any:
    return member.post(f"{link}/refuse")


def text_of(response: Any) -> str:
    """Return a page's text as people read it."""
    return html.unescape(" ".join(response.content.decode().split()))


def only() -> SignInRequest:
    return SignInRequest.objects.get()

"""A member who signs in over the wire with a passkey of their own, without a browser."""

from __future__ import annotations

import re
from typing import Any

import requests

from passkeys.testing import SoftAuthenticator
from tests.support.servers import Hearthkey


def csrf_of(page: str) -> str:
    found = re.search(r'(?:name="csrfmiddlewaretoken" value|data-csrf)="([^"]+)"', page)
    assert found, page
    return found[1]


class Wire:
    """Comes in by the command line's link, adds a passkey and signs in with it. Each request may meet another worker."""

    def __init__(self, service: Hearthkey, username: str) -> None:
        self.service = service
        self.session = requests.Session()
        self.session.headers.update({"Origin": service.url, "Connection": "close"})
        link = service.login_link(username)
        self.session.post(link, data={"csrfmiddlewaretoken": csrf_of(self._get(link).text)}, timeout=30)
        device = SoftAuthenticator(origin=service.url)
        self._ceremony("/account/passkeys/add", device.create, page="/account/passkeys/first")
        self._ceremony("/login", device.get, page="/login")

    def get(self, path: str) -> requests.Response:
        return self._get(self.service.url + path)

    def post(self, path: str, *, form_on: str, **typed: str) -> requests.Response:
        """Send a form with the token of the page that it stands on; redirects are not followed."""
        sent = {"csrfmiddlewaretoken": csrf_of(self.get(form_on).text), **typed}
        return self.session.post(self.service.url + path, data=sent, timeout=30, allow_redirects=False)

    def is_signed_in(self) -> bool:
        """Whether every one of a dozen requests is a member's: both workers answer some of them."""
        asked = self.service.url + "/account/"
        found = {self.session.get(asked, timeout=30, allow_redirects=False).status_code for _ in range(12)}
        assert found in ({200}, {302}), found
        return found == {200}

    def _get(self, url: str) -> requests.Response:
        return self.session.get(url, timeout=30)

    def _ceremony(self, path: str, answer: Any, *, page: str) -> None:
        headers = {"X-CSRFToken": csrf_of(self.get(page).text)}
        url = self.service.url + path
        begun = self.session.post(f"{url}/options", json={}, headers=headers, timeout=30).json()
        told = {"ceremony": begun["ceremony"], "credential": answer(begun["publicKey"])}
        done = self.session.post(f"{url}/verify", json=told, headers=headers, timeout=30)
        assert done.ok, done.text

"""One visitor with an authenticator, talking HTTP to a site: ``python visitor.py ADDRESS USERNAME PASSWORD``.

It runs with the interpreter of the site, so the authenticator is the one that the wheel ships for other people's tests.
"""

from __future__ import annotations

import json
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from typing import Any

from hearthkey.passkeys.testing import SoftAuthenticator


class Browser:
    """A browser with cookies, at one address."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.jar = CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def open(self, path: str, data: bytes | None = None, **headers: str) -> tuple[int, str, str]:
        """Return status, path arrived at, and body."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.address + path, data, {"Origin": self.address, **names})
        try:
            with self.opener.open(request, timeout=10) as answer:
                return answer.status, urllib.parse.urlsplit(answer.url).path, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, path, error.read().decode()

    def token(self) -> str:
        return next(cookie.value or "" for cookie in self.jar if cookie.name == "csrftoken")

    def post_form(self, path: str, **fields: str) -> tuple[int, str, str]:
        _, _, page = self.open(path)
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        token = found[1] if found else self.token()
        return self.open(path, urllib.parse.urlencode({"csrfmiddlewaretoken": token, **fields}).encode())

    def post_json(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        headers = {"Content_Type": "application/json", "X_CSRFToken": self.token()}
        status, _, answer = self.open(path, json.dumps(body).encode(), **headers)
        return status, json.loads(answer)


def sign_in(browser: Browser, authenticator: SoftAuthenticator) -> int:
    browser.open("/login")
    _, begun = browser.post_json("/login/options", {})
    credential = authenticator.get(begun["publicKey"], credential=authenticator.credentials[0])
    status, _ = browser.post_json("/login/verify", {"ceremony": begun["ceremony"], "credential": credential})
    return status


def visit(address: str, username: str, password: str) -> dict[str, Any]:
    told: dict[str, Any] = {}
    browser, mine = Browser(address), SoftAuthenticator(origin=address)
    told["before"] = browser.open("/account/passkeys/")[1]

    browser.post_form("/admin/login/", username=username, password=password)
    browser.open("/account/passkeys/first")
    _, begun = browser.post_json("/account/passkeys/add/options", {})
    credential = mine.create(begun["publicKey"])
    body = {"ceremony": begun["ceremony"], "credential": credential}
    told["added"] = browser.post_json("/account/passkeys/add/verify", body)[0]

    browser.post_form("/admin/logout/")
    told["after signing out"] = browser.open("/account/passkeys/")[1]
    told["signed in with a passkey"] = sign_in(browser, mine)

    other = SoftAuthenticator(origin=address)
    other.create(begun["publicKey"])
    told["with a key of somebody else"] = sign_in(Browser(address), other)

    _, _, page = browser.open("/admin/")
    told["member"] = username if f"<strong>{username}</strong>" in page else page
    return told


if __name__ == "__main__":
    sys.stdout.write(json.dumps(visit(*sys.argv[1:4])))

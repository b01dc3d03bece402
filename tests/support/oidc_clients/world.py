"""A client, its members, and the code flow spoken over HTTP as a relying party speaks it."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.test import Client as Browser
from jwcrypto import jwk, jwt

from accounts.models import User
from accounts.services.groups import create_group
from accounts.services.members import NewMember, create_member
from oidc_clients.models import Client
from oidc_clients.services.clients import ClientSettings, create_client

CALLBACK = "https://app.example.org/callback"
SECRET = "a-secret-that-only-tests-know-1234"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
FORM = "application/x-www-form-urlencoded"


@dataclass
class RelyingParty:
    """A registered client with a known secret."""

    row: Client
    secret: str | None = SECRET

    @property
    def client_id(self) -> str:
        return self.row.client_id

    def authorize(self, browser: Browser, **changes: str | None) -> Any:
        """Send the browser to the authorization endpoint; a change of None leaves the parameter out."""
        values: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": CALLBACK,
            "scope": "openid profile email groups offline_access",
            "state": "the-state",
            "nonce": "the-nonce",
            **changes,
        }
        return browser.get("/authorize", {name: value for name, value in values.items() if value is not None})

    def code(self, browser: Browser, **changes: str | None) -> str:
        """Return a code for a member who is signed in and consents when asked."""
        return answer_of(finish(browser, self.authorize(browser, **changes)))["code"]

    def token(self, *, basic: bool = False, browser: Browser | None = None, **values: str | None) -> Any:
        """Post to the token endpoint with the client's own authentication unless told otherwise."""
        headers = {}
        form: dict[str, str | None] = dict(values)
        if basic:
            pair = base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
            headers["authorization"] = f"Basic {pair}"
        else:
            form = {"client_id": self.client_id, "client_secret": self.secret, **form}
        body = urlencode({name: value for name, value in form.items() if value is not None})
        return (browser or Browser()).post("/api/oidc/token", body, content_type=FORM, headers=headers)

    def redeem(self, code: str, **values: str | None) -> Any:
        return self.token(**{"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, **values})

    def refresh(self, refresh_token: str, **values: str | None) -> Any:
        return self.token(**{"grant_type": "refresh_token", "refresh_token": refresh_token, **values})

    def tokens(self, browser: Browser, **changes: str | None) -> dict[str, Any]:
        """Return the token endpoint's answer to a fresh code."""
        response = self.redeem(self.code(browser, **changes))
        assert response.status_code == 200, response.content
        return dict(response.json())


def register(name: str = "App", **changes: Any) -> RelyingParty:
    """Return a client that is open to everybody, unless told otherwise."""
    values: dict[str, Any] = {"name": name, "redirect_uris": [CALLBACK], "is_restricted": False, **changes}
    secret = None if values.get("is_public") else SECRET
    created = create_client(settings=ClientSettings(**values), actor=None, secret=secret)
    return RelyingParty(created.client, secret)


def member(username: str = "rose", **changes: Any) -> User:
    values = {"email": f"{username}@example.org", "email_verified": True, "first_name": username.title(), **changes}
    return create_member(new=NewMember(username=username, **values), actor=None)


def group(name: str, *members: User) -> Any:
    return create_group(friendly_name=name, actor=None, members=members)


def signed_in(user: User, *, method: str = "passkey", age: int = 0) -> Browser:
    """Return a browser with a session that a passkey began ``age`` seconds ago."""
    browser = Browser()
    browser.force_login(user, backend="passkeys.backends.PasskeyBackend")
    session = browser.session
    at = int(time.time()) - age if method == "passkey" else None
    session["hearthkey_auth"] = {"method": method, "at": at, "passkey": None}
    session.save()
    return browser


def finish(browser: Browser, response: Any) -> Any:
    """Follow our own redirects and press *Continue* on the consent page; return what leads to the client."""
    for _ in range(6):
        if response.status_code in (302, 303):
            target = response.headers["Location"]
            if not target.startswith("/"):
                return response
            response = browser.get(target)
            continue
        text = response.content.decode()
        if "/consent" not in text:
            return response
        action = text.split('action="')[1].split('"')[0]
        response = browser.post(action)
    return response


def follow(browser: Browser, response: Any) -> Any:
    """Follow our own redirects to a page, or to what leads away."""
    while response.status_code in (302, 303) and response.headers["Location"].startswith("/"):
        response = browser.get(response.headers["Location"])
    return response


def address_of(response: Any) -> str:
    """Return the client's address that an answer leads to, by redirect or by the page that goes on."""
    if response.status_code in (302, 303):
        return str(response.headers["Location"])
    text = response.content.decode()
    assert 'http-equiv="refresh"' in text, text
    return text.split('content="0; url=')[1].split('"')[0].replace("&amp;", "&").replace("&#x27;", "'")


def answer_of(response: Any) -> dict[str, str]:
    """Return the parameters that the client is told."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address_of(response)).query).items()}


def userinfo(access_token: str) -> Any:
    return Browser().get("/api/oidc/userinfo", headers={"authorization": f"Bearer {access_token}"})


def claims_of(token: str) -> dict[str, Any]:
    """Return the claims of a JWT that a published key signed; a library that others wrote verifies it."""
    keys = jwk.JWKSet.from_json(Browser().get("/.well-known/jwks.json").content.decode())
    verified = jwt.JWT(jwt=token, key=keys, algs=["RS256"], check_claims={"exp": None})
    found: dict[str, Any] = json.loads(verified.claims)
    return found


def sid_of(browser: Browser) -> str:
    return str(browser.session.sid)  # type: ignore[attr-defined]  # our own session engine

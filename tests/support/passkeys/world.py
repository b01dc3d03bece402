"""People, what they do over HTTP, and the answers they get."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.test import Client

from passkeys.models import Passkey
from passkeys.testing import Overrides, SoftAuthenticator

ORIGIN = "http://localhost:8000"
HONEST = Overrides()
SIGN_IN = "/login"
STEP_UP = "/account/confirm"
ADD = "/account/passkeys/add"


def no_limit(request: HttpRequest, policy: str) -> float | None:
    return None


def strict_limit(request: HttpRequest, policy: str) -> float | None:
    return 2.3


def make_user(username: str, **fields: Any) -> Any:
    user = get_user_model()(username=username, email=f"{username}@example.org", **fields)
    user.set_unusable_password()
    user.save()
    return user


def post_json(client: Client, path: str, body: Any) -> Any:
    return client.post(path, data=json.dumps(body), content_type="application/json")


def options(client: Client, base: str) -> dict[str, Any]:
    response = post_json(client, f"{base}/options", {})
    assert response.status_code == 200, response.content
    begun: dict[str, Any] = response.json()
    return begun


def verify(client: Client, base: str, begun: Mapping[str, Any], credential: Mapping[str, Any], **more: Any) -> Any:
    return post_json(client, f"{base}/verify", {"ceremony": begun["ceremony"], "credential": credential, **more})


def error_of(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["error"]


@dataclass
class Person:
    """A member, their browser and their authenticator."""

    user: Any
    client: Client
    device: SoftAuthenticator

    def begin_session(self, entry: Mapping[str, Any] | None = None) -> Person:
        """Sign in as the wizard or a code would, with this session entry."""
        self.client.force_login(self.user)
        session = self.client.session
        if entry is not None:
            session["hearthkey_auth"] = dict(entry)
        session.save()
        return self

    def begin_setup_session(self) -> Person:
        return self.begin_session({"method": "setup", "at": None, "passkey": None})

    def enrolled(self) -> Person:
        """Enrol the first passkey in a set-up session, then sign out."""
        self.begin_setup_session()
        response = self.add()
        assert response.status_code == 201, response.content
        self.client = Client()
        return self

    def add(self, overrides: Overrides = HONEST) -> Any:
        begun = options(self.client, ADD)
        return verify(self.client, ADD, begun, self.device.create(begun["publicKey"], overrides))

    def add_another(self) -> Any:
        """Add a passkey on a second device."""
        self.device = SoftAuthenticator(origin=ORIGIN)
        return self.add()

    def use_first(self, added: Any, overrides: Overrides = HONEST, **more: Any) -> Any:
        """Use the passkey that this answer says was added, as its page does at once."""
        begun = added.json()["firstUse"]
        credential = self.device.get(begun["publicKey"], overrides)
        return post_json(
            self.client, f"{ADD}/confirm", {"ceremony": begun["ceremony"], "credential": credential, **more}
        )

    def sign_in(self, overrides: Overrides = HONEST, **more: Any) -> Any:
        begun = options(self.client, SIGN_IN)
        return verify(self.client, SIGN_IN, begun, self.device.get(begun["publicKey"], overrides), **more)

    def signed_in(self) -> Person:
        response = self.sign_in()
        assert response.status_code == 200, response.content
        return self

    def step_up(self, overrides: Overrides = HONEST) -> Any:
        begun = options(self.client, STEP_UP)
        return verify(self.client, STEP_UP, begun, self.device.get(begun["publicKey"], overrides))

    def age_assertion(self, seconds: int) -> None:
        """Let the last assertion in this session lie that far back."""
        session = self.client.session
        session["hearthkey_auth"] = {**session["hearthkey_auth"], "at": int(time.time()) - seconds}
        session.save()

    @property
    def entry(self) -> Any:
        return self.client.session.get("hearthkey_auth")

    @property
    def is_signed_in(self) -> bool:
        return "_auth_user_id" in self.client.session

    @property
    def passkeys(self) -> list[Passkey]:
        return list(Passkey.objects.filter(user=self.user).order_by("created_at"))

    @property
    def passkey(self) -> Passkey:
        (only,) = self.passkeys
        return only

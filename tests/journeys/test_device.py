"""Somebody signs a television in: the code, the question, and what both ends hear."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.support.people import Person
from tests.support.servers import Hearthkey

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
QUESTION = "Do you see this code on a screen in front of you?"


class Television:
    """A device with a screen, and no keyboard worth the name."""

    def __init__(self, service: Hearthkey, client: dict[str, Any]) -> None:
        self.metadata = requests.get(f"{service.url}/.well-known/openid-configuration", timeout=30).json()
        self.credentials = (client["client_id"], client["client_secret"])
        self.shown = self._post("device_authorization_endpoint", scope="openid profile email").json()

    def poll(self) -> requests.Response:
        return self._post("token_endpoint", grant_type=DEVICE_CODE, device_code=self.shown["device_code"])

    def _post(self, endpoint: str, **form: str) -> requests.Response:
        agent = {"User-Agent": "Television/7.1 (Living room)"}
        return requests.post(self.metadata[endpoint], data=form, auth=self.credentials, headers=agent, timeout=30)


@pytest.fixture(scope="module")
def client(service: Hearthkey) -> dict[str, Any]:
    return service.create_client("Films at home", "http://films.localhost/callback", "--unrestricted")


def member(service: Hearthkey, person: Callable[..., Person], username: str, **context: Any) -> Person:
    """Somebody who has enrolled a passkey and is signed in."""
    service.create_member(username, f"{username}@example.com")
    found = person(**context)
    found.enrol_by_link(username)
    return found


def type_code(someone: Person, television: Television) -> None:
    """Type as people do: in small letters, without the hyphen, and once the cursor is there."""
    expect(someone.page.get_by_label("Code on the device")).to_be_focused()
    someone.page.keyboard.type(television.shown["user_code"].lower().replace("-", ""))
    someone.button("Continue").click()
    someone.see(QUESTION)


def test_a_code_is_typed_and_approved(
    service: Hearthkey, client: dict[str, Any], person: Callable[..., Person]
) -> None:
    vera = member(service, person, "vera")
    television = Television(service, client)
    assert television.poll().json()["error"] == "authorization_pending"
    vera.open("/device")
    type_code(vera, television)
    vera.see(television.shown["user_code"])
    vera.see("Television/7.1 (Living room)")
    vera.button("Approve").click()
    vera.see("You approved the sign-in")
    vera.see("You can go back to it now.")
    tokens = television.poll().json()
    payload = tokens["id_token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert (claims["preferred_username"], claims["amr"], claims["acr"]) == ("vera", ["otp"], "0")
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    told = requests.get(television.metadata["userinfo_endpoint"], headers=bearer, timeout=30).json()
    assert told["email"] == "vera@example.com"


def test_a_link_leads_through_the_sign_in_and_is_refused(
    service: Hearthkey, client: dict[str, Any], person: Callable[..., Person]
) -> None:
    viola = member(service, person, "viola")
    television = Television(service, client)
    viola.forget_service()
    viola.page.goto(television.shown["verification_uri_complete"])
    viola.tap()
    viola.arrive(re.compile(r"/device\?user_code="))
    assert viola.page.get_by_label("Code on the device").input_value() == television.shown["user_code"]
    assert television.poll().json()["error"] == "authorization_pending"
    viola.button("Continue").click()
    viola.see(QUESTION)
    viola.button("Refuse").click()
    viola.see("You refused the sign-in")
    assert television.poll().json()["error"] == "access_denied"


def test_a_client_that_requires_a_fresh_passkey_gets_one(service: Hearthkey, person: Callable[..., Person]) -> None:
    strict = service.create_client("Strict", "http://strict.localhost/callback", "--unrestricted")
    mark = f"from oidc_clients.models import Client; Client.objects.filter(client_id='{strict['client_id']}')"
    service.manage("shell", "-c", f"{mark}.update(requires_fresh_passkey=True)")
    rita = member(service, person, "rita")
    rita.page.goto(service.login_link("rita"))
    rita.button("Sign in").click()
    rita.arrive(re.compile(r"/account/"))
    television = Television(service, strict)
    rita.page.goto(television.shown["verification_uri_complete"])
    rita.button("Continue").click()
    rita.see(QUESTION)
    assert rita.button("Approve").count() == 0
    rita.link("Use your passkey").click()
    rita.button("Confirm with a passkey").click()
    rita.arrive(re.compile(r"/device/confirm"))
    assert television.poll().json()["error"] == "authorization_pending"
    rita.button("Approve").click()
    rita.see("You approved the sign-in")
    assert television.poll().ok


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_fit_a_phone(
    service: Hearthkey, client: dict[str, Any], person: Callable[..., Person], scheme: str, tmp_path: Path
) -> None:
    folder = Path(os.environ["DEVICE_PICTURES"]) if "DEVICE_PICTURES" in os.environ else tmp_path
    phone = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "color_scheme": scheme}
    someone = member(service, person, f"phone-{scheme}", **phone)
    television = Television(service, client)
    someone.open("/device")
    picture(someone.page, folder / f"enter-{scheme}.png")
    type_code(someone, television)
    picture(someone.page, folder / f"confirm-{scheme}.png")
    someone.button("Approve").click()
    someone.see("You approved the sign-in")
    picture(someone.page, folder / f"done-{scheme}.png")
    someone.open("/device")
    someone.page.get_by_label("Code on the device").fill("BCDF-GHJK")
    someone.button("Continue").click()
    someone.see("No device is waiting with this code.")
    picture(someone.page, folder / f"unknown-{scheme}.png")


def picture(page: Page, path: Path) -> None:
    """Take it, once it was seen that nothing is cut off at the side."""
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.screenshot(path=path, full_page=True, animations="disabled")

"""Somebody looks at their apps, takes back what one of them was given, and signs a television out."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from playwright.sync_api import expect

from tests.support.people import Person
from tests.support.servers import Hearthkey

from .test_device import QUESTION, Television, member, picture

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
CALLBACK = "http://photos.localhost/callback"


class App:
    """An app of somebody else's: sends people to the service and asks there for tokens."""

    def __init__(self, service: Hearthkey, name: str, *, launch_url: str = "", callback: str = CALLBACK) -> None:
        self.service, self.callback = service, callback
        made = service.create_client(name, callback, "--unrestricted")
        self.credentials = (made["client_id"], made["client_secret"])
        self.client = made
        if launch_url:
            client = f"Client.objects.filter(client_id='{made['client_id']}')"
            service.manage(
                "shell",
                "-c",
                f"from oidc_clients.models import Client; {client}.update("
                f"launch_url='{launch_url}', description='Pictures of the whole family')",
            )

    def sign_in(self, someone: Person) -> dict[str, Any]:
        """Let somebody sign in and agree; return the tokens."""
        asked = {
            "response_type": "code",
            "client_id": self.credentials[0],
            "redirect_uri": self.callback,
            "scope": "openid profile email groups offline_access",
        }
        someone.context.route(f"{self.callback}**", lambda route: route.fulfill(body="Welcome"))
        someone.open(f"/authorize?{urlencode(asked)}")
        someone.button("Continue").click()
        someone.arrive(re.compile(f"^{re.escape(self.callback)}"))
        code = parse_qs(urlsplit(someone.page.url).query)["code"][0]
        answer = self.token(grant_type="authorization_code", code=code, redirect_uri=self.callback)
        assert answer.ok, answer.text
        return dict(answer.json())

    def refresh(self, tokens: dict[str, Any]) -> requests.Response:
        return self.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])

    def token(self, **form: str) -> requests.Response:
        url = f"{self.service.url}/api/oidc/token"
        return requests.post(url, data=form, auth=self.credentials, timeout=30)


def television_of(service: Hearthkey, app: App, someone: Person) -> dict[str, Any]:
    """Sign a television in as somebody; return its tokens."""
    television = Television(service, app.client)
    someone.open("/device")
    someone.page.get_by_label("Code on the device").fill(television.shown["user_code"])
    someone.button("Continue").click()
    someone.see(QUESTION)
    someone.button("Approve").click()
    someone.see("You approved the sign-in")
    answer = television.poll()
    assert answer.ok, answer.text
    return dict(answer.json())


def test_a_consent_is_revoked_and_the_apps_refresh_fails(service: Hearthkey, person: Callable[..., Person]) -> None:
    ada = member(service, person, "apps-ada")
    photos = App(service, "Photos", launch_url="http://photos.localhost/")
    tokens = photos.sign_in(ada)
    renewed = photos.refresh(tokens)
    assert renewed.ok
    ada.open("/account/apps/")
    ada.see("Pictures of the whole family")
    ada.see("Your name, username and picture")
    expect(ada.link("Open Photos")).to_have_attribute("href", "http://photos.localhost/")
    ada.link("Revoke access for Photos").click()
    ada.see("Revoke access for Photos?")
    newest = photos.refresh(renewed.json())
    assert newest.ok, "Nothing has happened yet"
    ada.button("Revoke access").click()
    ada.see("Photos no longer has access to your account.")
    # Whichever of the two workers answers.
    for _ in range(6):
        assert photos.refresh(newest.json()).json()["error"] == "invalid_grant"
    assert ada.link("Revoke access for Photos").count() == 0
    ada.open("/account/activity/")
    ada.see("Your consent for Photos was revoked.")
    assert photos.sign_in(ada)["refresh_token"], "It is asked for anew"


def test_a_television_is_signed_out_and_its_refresh_fails(service: Hearthkey, person: Callable[..., Person]) -> None:
    films = App(service, "Films", callback="http://films.localhost/callback")
    bea = member(service, person, "apps-bea")
    browser_tokens = films.sign_in(bea)
    renewed = films.refresh(television_of(service, films, bea))
    assert renewed.ok
    bea.open("/account/apps/")
    bea.see("Your email address")
    bea.see("Television/7.1 (Living room)")
    bea.button("Sign out Television/7.1 (Living room) at Films").click()
    bea.see("Device signed out.")
    bea.see("No devices are signed in with a code.")
    for _ in range(6):
        assert films.refresh(renewed.json()).json()["error"] == "invalid_grant"
    assert films.refresh(browser_tokens).ok, "The browser's own sign-in goes on"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_fits_a_phone_and_a_desk(
    service: Hearthkey, person: Callable[..., Person], tmp_path: Path, width: int, scheme: str
) -> None:
    folder = Path(os.environ["APPS_PICTURES"]) if "APPS_PICTURES" in os.environ else tmp_path
    name = f"{width}-{scheme}"
    screen = {"viewport": {"width": width, "height": 844}, "color_scheme": scheme}
    someone = member(service, person, f"apps-{name}", **screen)
    someone.open("/account/apps/")
    picture(someone.page, folder / f"apps-nothing-{name}.png")
    photos = App(service, f"Photos {name}", launch_url="http://photos.localhost/")
    App(service, f"Recipes of a very long name {name}"[:50], launch_url="http://recipes.localhost/")
    films = App(service, f"Films {name}", callback="http://films.localhost/callback")
    photos.sign_in(someone)
    films.sign_in(someone)
    television_of(service, films, someone)
    someone.open("/account/apps/")
    picture(someone.page, folder / f"apps-{name}.png")
    someone.link(f"Revoke access for Photos {name}").click()
    someone.see("Revoke access for Photos")
    picture(someone.page, folder / f"apps-revoke-{name}.png")

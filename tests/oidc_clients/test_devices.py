"""Signing in on a device, as the project wires it: limits, addresses and the audit trail."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import User
from accounts.services.groups import set_groups
from accounts.services.members import disable_member, enable_member
from audit.models import Event
from oidc_clients.models import DeviceGrant
from oidc_clients.protocol.metadata import DEVICE_CODE
from oidc_clients.services.clients import ClientSettings, create_client
from tests.support.oidc_clients import world
from tests.support.oidc_clients.world import FORM, RelyingParty

AGENT = "Television/7.1"


def ask(app: RelyingParty, *, address: str = "93.184.216.7", **form: str) -> dict[str, Any]:
    pairs = "&".join(f"{name}={value}" for name, value in {"scope": "openid+email", **form}.items())
    body = f"client_id={app.client_id}&client_secret={app.secret}&{pairs}"
    response = Browser(headers={"user-agent": AGENT}).post(
        "/api/oidc/device/authorize", body, content_type=FORM, REMOTE_ADDR=address
    )
    assert response.status_code == 200, response.content
    return dict(response.json())


def poll(app: RelyingParty, device_code: str) -> Any:
    return app.token(grant_type=DEVICE_CODE, device_code=device_code)


def claim(browser: Browser, user_code: str, **extra: Any) -> str:
    response = browser.post("/device", {"user_code": user_code}, **extra)
    assert response.status_code == 303, response.content
    return str(response.headers["Location"])


def press(browser: Browser, button: str, user_code: str) -> Any:
    return browser.post(f"/device/{button}", {"user_code": user_code})


def approve(browser: Browser, codes: dict[str, Any]) -> None:
    claim(browser, codes["user_code"])
    assert press(browser, "approve", codes["user_code"]).status_code == 303


def test_any_client_that_an_operator_makes_may_sign_in_on_devices(rose: User) -> None:
    made = create_client(
        settings=ClientSettings(name="App", redirect_uris=[world.CALLBACK]), actor=None, secret=world.SECRET
    )
    assert made.client.allows_device_grant
    assert ask(RelyingParty(made.client))["user_code"]


def test_who_approved_what_for_which_device_is_in_the_audit_trail(
    app: RelyingParty, browser: Browser, rose: User
) -> None:
    codes = ask(app)
    approve(browser, codes)
    event = Event.objects.get(name="device_approved")
    assert (event.subject_id, event.client_id) == (str(rose.pk), app.client_id)
    assert event.data["device_address"] == "93.184.216.7"
    assert event.data["device_agent"] == AGENT
    assert event.data["scopes"] == ["openid", "email"]
    assert codes["user_code"] not in str(event.data)
    other = ask(app)
    claim(browser, other["user_code"])
    press(browser, "refuse", other["user_code"])
    refused = Event.objects.get(name="device_refused")
    assert (refused.subject_id, refused.client_id) == (str(rose.pk), app.client_id)
    assert Event.objects.filter(name="consent_given").count() == 1


def test_polls_of_a_waiting_device_leave_no_trace(app: RelyingParty) -> None:
    codes = ask(app)
    before = Event.objects.count()
    for _ in range(3):
        poll(app, codes["device_code"])
    assert Event.objects.count() == before
    poll(app, "x" * 43)
    assert Event.objects.filter(name="token_refused").count() == 1


@pytest.mark.parametrize(("address", "warned"), [("93.184.216.200", False), ("151.101.1.1", True)])
def test_the_page_shows_the_devices_address_and_warns_of_another_network(
    app: RelyingParty, browser: Browser, address: str, warned: bool
) -> None:
    where = claim(browser, ask(app)["user_code"], REMOTE_ADDR=address)
    page = browser.get(where, REMOTE_ADDR=address).content.decode()
    assert "93.184.216.7" in page
    assert AGENT in page
    assert ("a different network" in page) is warned


def test_a_device_behind_a_socket_has_no_address(app: RelyingParty, browser: Browser) -> None:
    where = claim(browser, ask(app, address="")["user_code"])
    assert DeviceGrant.objects.get().ip_address is None
    assert "unknown" in browser.get(where).content.decode()


# F01
def test_after_five_codes_a_guesser_waits(app: RelyingParty, browser: Browser) -> None:
    codes = ask(app)
    guesses = [browser.post("/device", {"user_code": "BCDF-GHJK"}).status_code for _ in range(5)]
    assert guesses == [404] * 5
    limited = browser.post("/device", {"user_code": codes["user_code"]})
    assert limited.status_code == 429
    assert 1 <= int(limited.headers["Retry-After"]) <= 10
    assert "Too many attempts" in limited.content.decode()
    elsewhere = browser.post("/device", {"user_code": codes["user_code"]}, REMOTE_ADDR="93.184.216.9")
    assert elsewhere.status_code == 303


# A11
def test_the_pages_can_be_shown_by_a_popup_and_framed_by_nobody(app: RelyingParty, browser: Browser) -> None:
    codes = ask(app)
    for response in (browser.get("/device"), browser.get(claim(browser, codes["user_code"]))):
        assert response.headers["Cross-Origin-Opener-Policy"] == "unsafe-none"
        assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]
        assert response.headers["X-Frame-Options"] == "DENY"


# A16, B13
def test_a_member_who_is_disabled_after_approving_gets_the_device_nothing(app: RelyingParty, rose: User) -> None:
    codes = ask(app)
    approve(world.signed_in(rose), codes)
    disable_member(member=rose, actor=None)
    assert poll(app, codes["device_code"]).json()["error"] == "access_denied"
    # It was lost: to be enabled again brings no approval back.
    enable_member(member=rose, actor=None)
    assert poll(app, codes["device_code"]).json()["error"] == "access_denied"


# A16, B13
def test_a_member_who_leaves_the_group_after_approving_gets_the_device_nothing(rose: User) -> None:
    family = world.group("Family", rose)
    app = world.register(is_restricted=True, allowed_groups=[family])
    codes, kept = ask(app), ask(app)
    approve(world.signed_in(rose), codes)
    approve(world.signed_in(rose), kept)
    assert poll(app, kept["device_code"]).status_code == 200
    set_groups(member=rose, groups=[], actor=None)
    assert poll(app, codes["device_code"]).json()["error"] == "access_denied"


def test_a_stale_passkey_is_asked_for_and_leads_back(rose: User) -> None:  # A17
    app = world.register(requires_fresh_passkey=True)
    codes, browser = ask(app), world.signed_in(rose, age=3600)
    claim(browser, codes["user_code"])
    asked = browser.get("/device/passkey", {"user_code": codes["user_code"]})
    assert asked.status_code == 302
    assert asked.headers["Location"].startswith(reverse("hearthkey_passkeys:step-up"))
    assert "%2Fdevice%2Fpasskey" in asked.headers["Location"]
    page = browser.get(asked.headers["Location"]).content.decode()
    assert f'href="/device/confirm?user_code={codes["user_code"]}"' in page, "Cancel leads back to the question"
    press(browser, "approve", codes["user_code"])
    assert poll(app, codes["device_code"]).json()["error"] == "authorization_pending"

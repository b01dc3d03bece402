"""A device that asks, a person who answers, and the device's polls, over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.test import Client as Browser
from django.utils import timezone

from oidc_clients.models import Client, DeviceGrant
from oidc_clients.protocol.metadata import DEVICE_CODE
from tests.support.oidc_protocol.factories import SECRET, basic, post_form, signed_in, token

SCOPE = "openid profile email groups"
AGENT = "Television/7.1 (Living room)"


QUESTION = (
    "Do you see this code on a screen in front of you? If someone sent you this code, "
    "approving it signs them in as you."
)


def ask_device(client: Client, *, secret: str | None = SECRET, agent: str = AGENT, **changes: str | None) -> Any:
    form = {"scope": SCOPE, **({"client_id": client.client_id} if secret is None else {}), **changes}
    headers = {"user-agent": agent, **({} if secret is None else {"authorization": basic(client.client_id, secret)})}
    sent = {name: value for name, value in form.items() if value is not None}
    return post_form("/api/oidc/device/authorize", sent, headers)


def codes_of(client: Client, *, secret: str | None = SECRET, **changes: str | None) -> dict[str, Any]:
    response = ask_device(client, secret=secret, **changes)
    assert response.status_code == 200, response.content
    found: dict[str, Any] = response.json()
    return found


def enter(found: Browser, user_code: str) -> Any:
    return found.post("/device", {"user_code": user_code})


def press(found: Browser, button: str, user_code: str) -> Any:
    return found.post(f"/device/{button}", {"user_code": user_code})


def answer(found: Browser, button: str, user_code: str) -> Any:
    """Type the code, press the button, and see the page that it leads to."""
    entered = enter(found, user_code)
    assert entered.status_code == 303, entered.content
    assert found.get(entered.headers["Location"]).status_code == 200
    pressed = press(found, button, user_code)
    assert pressed.status_code == 303, pressed.content
    return found.get(pressed.headers["Location"])


def poll(client: Client, device_code: str, *, secret: str | None = SECRET, **changes: str) -> Any:
    form = {"grant_type": DEVICE_CODE, "device_code": device_code, **changes}
    return token({**form, **({"client_id": client.client_id} if secret is None else {})}, client, secret)


def heard(response: Any) -> tuple[int, str]:
    """What a device that gets no tokens is told."""
    return response.status_code, response.json().get("error", "")


def approved(member: Any, client: Client, *, secret: str | None = SECRET, **changes: str | None) -> dict[str, Any]:
    """The codes of a device that the member approved."""
    codes = codes_of(client, secret=secret, **changes)
    answer(signed_in(member), "approve", codes["user_code"])
    return codes


def device_tokens(member: Any, client: Client, *, secret: str | None = SECRET, **changes: str | None) -> dict[str, Any]:
    response = poll(client, approved(member, client, secret=secret, **changes)["device_code"], secret=secret)
    assert response.status_code == 200, response.content
    body: dict[str, Any] = response.json()
    return body


def let_pass(seconds: float) -> None:
    """Make the last poll of every grant one of that many seconds ago."""
    DeviceGrant.objects.exclude(polled_at=None).update(polled_at=timezone.now() - timedelta(seconds=seconds))


def expire() -> None:
    DeviceGrant.objects.update(expires=timezone.now() - timedelta(seconds=1))


def page_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def confirm(found: Browser, user_code: str) -> Any:
    return found.get("/device/confirm", {"user_code": user_code})


def next_of(response: Any) -> str:
    assert response.status_code == 303
    parts = urlsplit(response.headers["Location"])
    assert parts.path == "/login"
    return parse_qs(parts.query)["next"][0]

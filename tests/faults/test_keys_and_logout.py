"""The real service with its two workers and its jobs: keys change under load, and clients hear of a sign-out."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import servers
from tests.support.faults.app import App, claims_of, header_of, keys_of
from tests.support.oidc_clients.listener import listening
from tests.support.racing import at_once, numbered
from tests.support.servers import Hearthkey

from .test_two_workers import csrf_of, signed_in

pytestmark = [pytest.mark.serve, pytest.mark.timeout(240)]


@pytest.fixture(params=["sqlite", "postgres"])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Hearthkey]:
    with servers.hearthkey(tmp_path, database=request.param, DISABLE_RATE_LIMITING="true") as found:
        yield found


def kids_of(service: Hearthkey) -> set[str]:
    return {key["kid"] for key in json.loads(keys_of(service).export(private_keys=False))["keys"]}


def test_keys_change_under_load_and_nobody_notices(service: Hearthkey) -> None:  # H06
    app, session = App(service), signed_in(service)
    before = app.sign_in(session)
    first = header_of(before["id_token"])["kid"]
    done = threading.Event()
    seen: list[tuple[str, set[str]]] = []

    def go_on() -> None:
        refresh_token = before["refresh_token"]
        deadline = time.monotonic() + 90
        while not done.is_set() and time.monotonic() < deadline:
            answer = app.refresh(refresh_token)
            assert answer.ok, answer.text
            body = answer.json()
            refresh_token = body["refresh_token"]
            seen.append((header_of(body["id_token"])["kid"], kids_of(service)))
            time.sleep(0.2)

    load = threading.Thread(target=go_on)
    load.start()
    try:
        printed = service.manage("rotate_signing_key", "--now")
    finally:
        done.set()
        load.join(100)
    second = printed.split("Key ")[1].split(" ")[0]
    assert second != first
    assert {kid for kid, _published in seen} >= {first}
    # Whichever of the two workers was asked, it had published the key that the other one signed with.
    assert all(kid in published for kid, published in seen)
    assert {tuple(sorted(kids_of(service))) for _ in range(20)} == {tuple(sorted((first, second)))}
    after = app.sign_in(session)
    assert header_of(after["id_token"])["kid"] == second
    # The old token still verifies, and nobody was signed out.
    old, new = (claims_of(service, found["id_token"]) for found in (before, after))
    assert (old["sub"], old["sid"]) == (new["sub"], new["sid"])


def test_a_dropped_key_is_gone_from_every_worker_when_the_command_says_so(service: Hearthkey) -> None:
    app, session = App(service), signed_in(service)
    before = app.sign_in(session)
    first = header_of(before["id_token"])["kid"]
    # Both workers have the key in their memory.
    assert {tuple(kids_of(service)) for _ in range(20)} == {(first,)}
    began = time.monotonic()
    assert "Done." in service.manage("rotate_signing_key", "--drop", first)
    assert time.monotonic() - began >= 5
    published = at_once(numbered(20, lambda _number: frozenset(kids_of(service))))
    assert len(set(published)) == 1
    assert first not in published[0]
    # Nobody was signed out.
    after = app.refresh(before["refresh_token"])
    assert after.ok
    assert header_of(after.json()["id_token"])["kid"] in published[0]
    # What the dropped key signed proves nothing any more; what the new one signed does.
    end = f"{service.url}/api/oidc/end-session"
    page = session.get(end, params={"id_token_hint": before["id_token"]}, timeout=30)
    assert "Sign out?" in page.text
    page = session.get(end, params={"id_token_hint": after.json()["id_token"]}, timeout=30)
    assert "You're signed out" in page.text


def test_a_sign_out_reaches_the_client_by_itself(service: Hearthkey) -> None:  # H03, H04
    app, session = App(service), signed_in(service)
    # The first attempt fails; and the client is slow, which nobody who signs out notices.
    with listening(503, 200, patience=2) as listener:
        change = (
            "from oidc_clients.models import Client; Client.objects.update("
            f"backchannel_logout_uri='{listener.url}', is_on_own_network=True)"
        )
        service.manage("shell", "-c", change)
        id_token = claims_of(service, app.sign_in(session)["id_token"])
        csrf = csrf_of(session.get(f"{service.url}/logout", timeout=30).text)
        headers, began = {"Origin": service.url}, time.monotonic()
        answer = session.post(
            f"{service.url}/logout",
            data={"csrfmiddlewaretoken": csrf},
            headers=headers,
            timeout=30,
            allow_redirects=False,
        )
        assert answer.status_code == 302
        assert time.monotonic() - began < 1
        first, second = listener.wait_for(2, seconds=60)
    for token in (first, second):
        assert header_of(token)["typ"] == "logout+jwt"
        claims = claims_of(service, token)
        assert (claims["aud"], claims["sub"], claims["sid"]) == (app.client_id, id_token["sub"], id_token["sid"])
        assert "nonce" not in claims
    assert claims_of(service, first)["jti"] != claims_of(service, second)["jti"]
    _until(lambda: "logout_delivered" in service.log)


def _until(is_so: Any) -> None:
    deadline = time.monotonic() + 30
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert is_so()

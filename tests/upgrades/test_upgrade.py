"""A database of an earlier release is migrated on start, and everything that people and apps hold goes on working."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives import serialization

from passkeys.testing import SoftAuthenticator
from passkeys.testing.soft import ES256, SoftCredential
from tests.support import servers
from tests.support.servers import Hearthkey

from .restore import HERE, releases, restore

pytestmark = [pytest.mark.serve, pytest.mark.timeout(180)]

SESSION_COOKIE = "hearthkey_session"
DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture(params=[(release, kind) for release in releases() for kind in ("sqlite", "postgres")], ids=str)
def upgraded(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Hearthkey, dict[str, Any]]]:
    release, kind = request.param
    held, environment = restore(release, kind, tmp_path)
    with servers.hearthkey(tmp_path, is_migrated=False, **environment) as service:
        yield service, held


def token(service: Hearthkey, held: dict[str, Any], **values: str) -> requests.Response:
    client = (held["client_id"], held["client_secret"])
    return requests.post(f"{service.url}/api/oidc/token", data=values, auth=client, timeout=30)


def sign_in(service: Hearthkey, passkey: dict[str, Any]) -> requests.Response:
    """Sign in with the kept passkey, as the sign-in page does."""
    key: Any = serialization.load_der_private_key(bytes.fromhex(passkey["key"]), None)
    credential = SoftCredential(
        id=bytes.fromhex(passkey["id"]),
        rp_id="localhost",
        user_handle=bytes.fromhex(passkey["user_handle"]),
        algorithm=ES256,
        key=key,
        sign_count=passkey["sign_count"],
    )
    device = SoftAuthenticator(
        origin=service.url, backup_eligible=False, backed_up=False, counts=True, credentials=[credential]
    )
    browser = requests.Session()
    browser.get(f"{service.url}/login", timeout=30)
    headers = {"X-CSRFToken": browser.cookies["hearthkey_csrf"], "Origin": service.url}
    begun = browser.post(f"{service.url}/login/options", json={}, headers=headers, timeout=30).json()
    body = {"ceremony": begun["ceremony"], "credential": device.get(begun["publicKey"])}
    return browser.post(f"{service.url}/login/verify", json=body, headers=headers, timeout=30)


def test_upgrade_keeps_sessions_passkeys_and_tokens(upgraded: tuple[Hearthkey, dict[str, Any]]) -> None:
    service, held = upgraded
    cookie = {SESSION_COOKIE: held["session"]}
    sessions = requests.get(f"{service.url}/account/sessions", cookies=cookie, timeout=30, allow_redirects=False)
    assert sessions.status_code == 200
    headers = {"Authorization": f"Bearer {held['access_token']}"}
    userinfo = requests.get(f"{service.url}/api/oidc/userinfo", headers=headers, timeout=30)
    assert userinfo.json()["sub"] == held["sub"]
    refreshed = token(service, held, grant_type="refresh_token", refresh_token=held["refresh_token"])
    assert refreshed.status_code == 200, refreshed.text
    waiting = token(service, held, grant_type=DEVICE_CODE, device_code=held["device_code"])
    assert waiting.json()["error"] == "authorization_pending"
    signed_in = sign_in(service, held["passkey"])
    assert signed_in.status_code == 200, signed_in.text
    redeemed = token(
        service,
        held,
        grant_type="authorization_code",
        code=held["code"],
        redirect_uri="https://app.example.org/callback",
    )
    assert redeemed.status_code == 200, redeemed.text
    assert "Traceback" not in service.log
    assert service.run("check").returncode == 0
    assert service.run("migrate", "--check").returncode == 0


@pytest.mark.parametrize("release", releases())
def test_released_migrations_are_unchanged(release: str) -> None:
    for line in (HERE / release / "migrations.sha256").read_text().splitlines():
        expected, path = line.split()
        found = hashlib.sha256((servers.ROOT / path).read_bytes()).hexdigest()
        assert found == expected, f"{path} belongs to release {release}: add a new migration instead"

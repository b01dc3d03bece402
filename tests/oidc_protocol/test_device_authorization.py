"""What a device asks for, and what it is told (RFC 8628 §3.1, §3.2)."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from oidc_clients.models import DeviceGrant
from oidc_clients.protocol import user_code as user_codes
from oidc_clients.services import device_grants
from tests.support.oidc_protocol.devices import ask_device, codes_of, heard
from tests.support.oidc_protocol.factories import ISSUER, SECRET, basic, browser, make_client, post_form

pytestmark = pytest.mark.django_db


def test_a_device_gets_its_codes_and_where_the_person_goes() -> None:  # B10
    response = ask_device(make_client())
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    codes = response.json()
    assert re.fullmatch(r"[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}", codes["user_code"])
    assert len(codes["device_code"]) == 43
    assert codes["verification_uri"] == f"{ISSUER}/device"
    assert codes["verification_uri_complete"] == f"{ISSUER}/device?user_code={codes['user_code']}"
    assert (codes["expires_in"], codes["interval"]) == (900, 5)
    assert set(codes) == {
        "device_code",
        "user_code",
        "verification_uri",
        "verification_uri_complete",
        "expires_in",
        "interval",
    }


def test_discovery_says_where_under_the_issuer(settings: Any) -> None:
    settings.HEARTHKEY_OIDC_CLIENTS_INTERNAL_URL = "http://inside.example.test:1411"
    found = browser().get("/.well-known/openid-configuration").json()
    assert found["device_authorization_endpoint"] == f"{ISSUER}/api/oidc/device/authorize"
    assert "urn:ietf:params:oauth:grant-type:device_code" in found["grant_types_supported"]


# F01, V44
def test_ten_thousand_codes_have_every_letter_at_every_place_and_no_other() -> None:
    codes = [user_codes.new_user_code(secrets.choice) for _ in range(10_000)]
    # Of 20^8 codes two are the same in one of 500 such runs; three pairs are in one of a thousand million.
    assert len(set(codes)) > 10_000 - 3
    for place in zip(*codes, strict=True):
        assert set(place) == set("BCDFGHJKLMNPQRSTVWXZ")
    assert not set(user_codes.ALPHABET) & set("AEIOUY0123456789")


def test_the_lifetime_is_a_setting(settings: Any) -> None:
    settings.HEARTHKEY_OIDC_CLIENTS_DEVICE_CODE_LIFETIME = timedelta(minutes=5)
    assert codes_of(make_client())["expires_in"] == 300


# C07
def test_neither_code_stands_in_the_database() -> None:
    codes = codes_of(make_client())
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {DeviceGrant._meta.db_table}")  # noqa: S608
        stored = json.dumps(cursor.fetchall(), default=str)
    bare = codes["user_code"].replace("-", "")
    for value in (codes["device_code"], codes["user_code"], bare, hashlib.sha256(bare.encode()).hexdigest()):
        assert value not in stored
    assert hashlib.sha256(codes["device_code"].encode()).hexdigest() in stored


def test_a_code_that_is_taken_is_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter([*"BBBBBBBB", *"BBBBBBBB", *"CCCCCCCC"])
    monkeypatch.setattr(device_grants.secrets, "choice", lambda _letters: next(drawn))
    client = make_client()
    assert codes_of(client)["user_code"] == "BBBB-BBBB"
    assert codes_of(client)["user_code"] == "CCCC-CCCC"
    assert DeviceGrant.objects.count() == 2


def test_what_the_device_says_of_itself_is_kept_within_bounds() -> None:
    codes_of(make_client(), agent="Tele\u202evision\x07" + "x" * 2000)
    grant = DeviceGrant.objects.get()
    assert grant.user_agent.startswith("Tele")
    assert len(grant.user_agent) == 512
    assert grant.user_agent.isprintable()
    assert grant.ip_address is None, "an app never takes an address from the request itself"


# D01
@pytest.mark.parametrize("secret", ["wrong-secret-of-some-length", "", None])
def test_a_confidential_client_proves_itself(secret: str | None) -> None:
    client = make_client()
    response = ask_device(client, secret=secret)
    assert heard(response) == (401, "invalid_client")
    assert response.headers["WWW-Authenticate"].startswith("Basic ")
    assert not DeviceGrant.objects.exists()
    assert ask_device(client).status_code == 200


def test_a_secret_in_the_form_does_as_well_and_two_at_once_do_not() -> None:  # D03
    client = make_client()
    form = {"client_id": client.client_id, "client_secret": SECRET}
    assert post_form("/api/oidc/device/authorize", form).status_code == 200
    both = post_form("/api/oidc/device/authorize", form, {"authorization": basic(client.client_id, SECRET)})
    assert heard(both) == (400, "invalid_request")


def test_a_public_client_is_known_by_its_id() -> None:
    assert ask_device(make_client("tool", secret=None), secret=None).status_code == 200
    assert heard(post_form("/api/oidc/device/authorize", {"client_id": "nobody"})) == (401, "invalid_client")
    assert heard(post_form("/api/oidc/device/authorize", {"scope": "openid"})) == (401, "invalid_client")


def test_a_client_may_be_kept_from_devices() -> None:  # B12
    assert heard(ask_device(make_client(allows_device_grant=False))) == (400, "unauthorized_client")
    assert not DeviceGrant.objects.exists()
    assert ask_device(make_client("other")).status_code == 200


# B13, V16
@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("openid admin email", "openid email"),
        ("admin", ""),
        ("", ""),
        ("openid openid", "openid"),
        ("openid offline_access", "openid offline_access"),
    ],
)
def test_only_scopes_that_exist_are_kept(asked: str | None, kept: str) -> None:
    assert ask_device(make_client(), scope=asked).status_code == 200
    assert DeviceGrant.objects.get().scope == kept


@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_only_a_post_is_answered(method: str) -> None:
    make_client()
    response = getattr(browser(), method)("/api/oidc/device/authorize")
    assert response.status_code == 405
    assert response.headers["Allow"] == "POST, OPTIONS"
    assert not DeviceGrant.objects.exists()


def test_only_a_form_is_read_and_nothing_in_the_address() -> None:  # B11
    client = make_client()
    headers = {"authorization": basic(client.client_id, SECRET)}
    body = json.dumps({"scope": "openid"})
    as_json = browser().post("/api/oidc/device/authorize", body, content_type="application/json", headers=headers)
    assert heard(as_json) == (415, "invalid_request")
    assert heard(post_form("/api/oidc/device/authorize?scope=openid", {}, headers)) == (400, "invalid_request")
    assert heard(post_form("/api/oidc/device/authorize", "scope=openid&scope=email", headers)) == (
        400,
        "invalid_request",
    )
    assert not DeviceGrant.objects.exists()


@pytest.mark.parametrize("scope", ["\x00", "openid\x00", "x" * 9000, "\x1b[31m"])
def test_hostile_scopes_are_refused_by_name(scope: str) -> None:
    response = ask_device(make_client(), scope=scope)
    assert heard(response) == (400, "invalid_request")
    assert "scope" in response.json()["error_description"]

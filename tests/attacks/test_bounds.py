"""Nothing is too large, too deep, too many or too small to be answered, and soon."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import django
import pytest
from django.test import Client as Browser
from webauthn.helpers import bytes_to_base64url

from accounts.models import User
from passkeys.testing import SoftAuthenticator
from tests.support.accounts.people import browser as passkey_browser
from tests.support.oidc_clients import world
from tests.support.oidc_clients.world import RelyingParty, urlencode
from tests.support.passkeys.world import ADD, SIGN_IN, Person, options, post_json

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
SOON = 2.0
"""Seconds that no answer takes, however slow the machine; the attacks took minutes, or memory without end."""
DEEP = 10_000
LISTS = [
    "/admin/hearthkey_accounts/user/",
    "/admin/auth/group/",
    "/admin/hearthkey_passkeys/passkey/",
    "/admin/hearthkey_oidc_clients/client/",
]


@pytest.fixture(autouse=True)
def _key_is_made(rose: User) -> None:
    """Make the signing key, which takes its time, before anything is timed."""
    Browser().get("/.well-known/jwks.json")


def timed(call: Any) -> Any:
    began = time.monotonic()
    answer = call()
    assert time.monotonic() - began < SOON
    return answer


# M04, V37
@pytest.mark.parametrize("value", ["0", "-1", "1000000000", "1" * 40, "1e9", "NaN", "0x10", "", "١"])
@pytest.mark.parametrize("name", ["p", "page", "page_size", "per_page", "limit", "count", "offset", "o"])
def test_no_page_number_or_size_is_out_of_bounds(root: User, name: str, value: str) -> None:
    browser = passkey_browser(root)
    for path in LISTS:
        assert timed(lambda path=path: browser.get(path, {name: value})).status_code in (200, 302, 400, 404)
        assert browser.get(path).status_code == 200


# M04
@pytest.mark.parametrize("value", ["0", "-1", "1000000000", "1" * 40, "1e9", "NaN", "", "00"])
@pytest.mark.parametrize("name", ["max_age", "expires_in", "interval", "access_token_lifetime"])
def test_numbers_of_requests_have_bounds(rose: User, app: RelyingParty, name: str, value: str) -> None:
    browser = world.signed_in(rose)
    answer = world.finish(browser, timed(lambda: app.authorize(browser, **{name: value})))
    assert answer.status_code < 500
    answered = world.answer_of(answer) if world.CALLBACK in (answer.headers.get("Location") or "") else {}
    if code := answered.get("code"):
        token = app.redeem(code, **{name: value})
        assert token.status_code == 200
        assert 60 <= token.json()["expires_in"] <= 86_400


def _deep_cbor() -> str:
    return bytes_to_base64url(b"\x81" * DEEP + b"\x00")


# J13, M04, V40
@pytest.mark.parametrize("base", [SIGN_IN, ADD])
@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":'])
def test_deep_json_is_refused(rose: User, base: str, opening: str) -> None:
    browser = world.signed_in(rose, method="setup")
    for body in (opening * DEEP, '{"ceremony": "x", "credential": ' + opening * (DEEP // 2)):
        answer = timed(lambda body=body: browser.post(f"{base}/verify", body, content_type="application/json"))
        assert answer.status_code in (400, 413)
    whole = '{"ceremony": "x", "credential": ' + "[" * 900 + "]" * 900 + "}"
    assert 400 <= browser.post(f"{base}/verify", whole, content_type="application/json").status_code < 500


# J13, M04, V40
def test_deep_cbor_is_refused(rose: User) -> None:
    person = Person(rose, Browser(), SoftAuthenticator(origin="http://localhost:1411")).begin_setup_session()
    begun = options(person.client, ADD)
    credential = json.loads(json.dumps(person.device.create(begun["publicKey"])))
    for depth in (b"\x81", b"\xa1\x00", b"\xc1", b"\x9f", b"\xbf\x00"):
        begun = options(person.client, ADD)
        credential = json.loads(json.dumps(person.device.create(begun["publicKey"])))
        credential["response"]["attestationObject"] = bytes_to_base64url(depth * DEEP + b"\x00")
        body = {"ceremony": begun["ceremony"], "credential": credential}
        assert timed(lambda body=body: post_json(person.client, f"{ADD}/verify", body)).status_code == 400
    assert person.add().status_code == 201


# M04, V40
@pytest.mark.parametrize("opening", ["[", '{"userinfo":', '{"id_token":{"a":'])
def test_a_deep_claims_request_is_refused(rose: User, app: RelyingParty, opening: str) -> None:
    browser = world.signed_in(rose)
    for size in (500, DEEP):
        answer = timed(lambda size=size: app.authorize(browser, claims=opening * size))
        assert answer.status_code == 302
        assert world.answer_of(answer)["error"] == "invalid_request"
    assert world.answer_of(world.finish(browser, app.authorize(browser, claims='{"userinfo": {"email": null}}')))[
        "code"
    ]


# M04
@pytest.mark.parametrize("path", ["/setup", "/login/verify", "/lc/x", "/device", "/authorize", "/api/oidc/token"])
def test_a_body_a_field_and_their_number_have_bounds(root: User, rose: User, path: str) -> None:
    browser = world.signed_in(rose)
    bodies = ["x=" + "y" * 3_000_000, "&".join(f"f{number}=1" for number in range(5000)), "x" * 200_000 + "=1"]
    for body in bodies:
        assert timed(lambda body=body: browser.post(path, body, content_type=world.FORM)).status_code < 500
    parts = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="f%d"\r\n\r\n1\r\n' % number for number in range(3000)
    )
    files = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="f"; filename="%d"\r\n\r\n1\r\n' % number for number in range(500)
    )
    for body in (parts + b"--x--", files + b"--x--", parts[:5000], b"--x\r\n" + b"A: b\r\n" * 5000):
        answer = timed(lambda body=body: browser.post(path, body, content_type="multipart/form-data; boundary=x"))
        assert answer.status_code < 500
    assert Browser().get("/login").status_code == 200


# M04, M09, V58
@pytest.mark.parametrize(
    "header",
    ["cookie", "x-forwarded-for", "accept-language", "accept", "authorization", "if-none-match", "host", "origin"],
)
def test_a_header_that_was_sent_ten_thousand_times_costs_little(root: User, header: str) -> None:
    # A server joins repeated ones by commas, a browser's cookies by semicolons.
    for value in ("a=b; " * 10_000, "1.2.3.4," * 10_000, "en;q=0.5," * 10_000, "," * 50_000, '"' * 50_000):
        for path in ("/login", "/authorize", "/.well-known/openid-configuration", "/api/oidc/userinfo"):
            answer = timed(lambda path=path, value=value: Browser().get(path, headers={header: value}))
            assert answer.status_code < 500, (path, value[:10])
    assert Browser().get("/login", headers={"accept-language": "de, en;q=0.5"}).status_code == 200


# M09, V58
@pytest.mark.parametrize(
    "address",
    [
        "https://" + "a" * 60_000,
        "/" * 60_000,
        "/\\" * 30_000,
        "https://[" + "1:" * 30_000,
        "ﬀ" * 20_000,
        "½" * 20_000,
        "https://ﷺ" * 5_000,
        "//" + "\u0340" * 20_000,
        "javascript:" * 5_000,
    ],
    ids=["long", "slashes", "backslashes", "IPv6", "ligatures", "fractions", "expanding", "combining", "schemes"],
)
def test_an_address_that_is_costly_to_normalise_costs_little(rose: User, app: RelyingParty, address: str) -> None:
    browser = world.signed_in(rose)
    for path, name in (("/login", "next"), ("/account/confirm", "next"), ("/account/confirm", "back")):
        assert timed(lambda path=path, name=name: browser.get(path, {name: address})).status_code in (200, 302)
    answer = timed(lambda: app.authorize(browser, redirect_uri=address))
    assert (answer.status_code, "Location" in answer.headers) == (400, False)
    form = {"client_id": app.client_id, "post_logout_redirect_uri": address}
    assert timed(lambda: browser.post("/api/oidc/end-session", form)).status_code < 500
    assert timed(lambda: Browser().get("/lc/" + urlencode({"": address}))).status_code < 500
    assert app.authorize(browser).status_code in (302, 303)


# M09, V58
def test_django_has_the_fixes_and_every_dependency_its_hash() -> None:
    assert django.VERSION[:3] >= (5, 2, 12)
    for name in ("base", "dev"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text().replace("\\\n", " ")
        pins = [line for line in text.splitlines() if re.match(r"[a-zA-Z0-9]", line)]
        assert pins
        assert [line for line in pins if not re.match(r"\S+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)] == []
    assert re.search(r"^django==5\.2\.(1[2-9]|[2-9]\d)", text, re.M)

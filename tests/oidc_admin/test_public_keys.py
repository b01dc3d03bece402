"""The public keys of clients that sign: what may be registered, and that no private part ever is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client as Browser

from oidc_clients.exceptions import ClientRefused
from oidc_clients.models import Client, ClientSecret
from oidc_clients.protocol.client_keys import key_names, parse_key_set
from oidc_clients.services import clients
from tests.support.oidc_admin.keys import private_key, public_key

from .conftest import ADD, CALLBACK, action_url, change_url, form_of

pytestmark = pytest.mark.django_db
SIGNS = "private_key_jwt"
NO_SECRET_GIVEN = {"supplied": "", "expires_at_0": "", "expires_at_1": ""}


def as_set(*keys: Any) -> str:
    return json.dumps({"keys": list(keys)})


def refusal_of(text: str) -> str:
    with pytest.raises(ClientRefused) as refused:
        parse_key_set(text)
    assert refused.value.field == "jwks"
    return refused.value.message


@pytest.mark.parametrize(
    ("kty", "size"),
    [("RSA", 2048), ("RSA", 3072), ("EC", "P-256"), ("OKP", "Ed25519")],
)
def test_a_public_key_is_accepted_as_a_set_a_list_or_alone(kty: str, size: Any) -> None:
    key = public_key(kty, size, kid="first", use="sig")
    for text in (as_set(key), json.dumps([key]), json.dumps(key)):
        assert parse_key_set(text) == {"keys": [key]}


@pytest.mark.parametrize(("kty", "size"), [("RSA", 2048), ("EC", "P-256"), ("OKP", "Ed25519")])
def test_a_private_key_is_refused_and_not_repeated(kty: str, size: Any) -> None:  # B28
    pair = private_key(kty, size)
    message = refusal_of(as_set(pair))
    assert "private key" in message
    assert pair["d"] not in message
    parse_key_set(as_set(public_key(kty, size)))


@pytest.mark.parametrize("member", ["d", "p", "q", "dp", "dq", "qi", "oth", "k"])
@pytest.mark.parametrize("value", ["AQAB", "", None, 5, ["AQAB"]])
def test_any_private_member_is_refused_whatever_it_holds(member: str, value: Any) -> None:
    assert "private key" in refusal_of(as_set({**public_key("RSA", 2048), member: value}))


def test_a_shared_secret_is_no_public_key() -> None:
    assert "private key" in refusal_of(as_set({"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQ"}))
    assert '"kty"' in refusal_of(as_set({"kty": "oct"}))


def test_rsa_key_that_is_short_or_has_a_small_exponent_is_refused() -> None:
    assert "2048 bits" in refusal_of(as_set(public_key("RSA", 1024)))
    strong = public_key("RSA", 2048)
    parse_key_set(as_set(strong))
    assert strong["e"] == "AQAB"
    assert "exponent" in refusal_of(as_set({**strong, "e": "Aw"}))


def test_a_point_that_is_not_on_its_curve_is_refused() -> None:
    key = public_key("EC", "P-256")
    assert "damaged" in refusal_of(as_set({**key, "y": key["x"]}))
    assert "damaged" in refusal_of(as_set({**key, "crv": "P-384"}))
    parse_key_set(as_set(key))


@pytest.mark.parametrize(
    "changed",
    [
        {"kty": "EC2"},
        {"kty": ["EC"]},
        {"kty": None},
        {"crv": "secp256k1"},
        {"crv": {"P-256": 1}},
        {"x": ""},
        {"x": 5},
        {"x": "not base64url!"},
        {"x": "A" * 5000},
        {"kid": ""},
        {"kid": 5},
        {"kid": "a" * 256},
        {"kid": "a\x00b"},
        {"kid": "line\nbreak"},
        {"use": "enc"},
        {"alg": ["ES256"]},
    ],
    ids=str,
)
def test_a_key_with_another_value_is_refused_by_its_number(changed: dict[str, Any]) -> None:
    key = public_key("EC", "P-256", kid="second")
    assert refusal_of(as_set(public_key("EC", "P-384", kid="first"), {**key, **changed})).startswith("Key 2: ")
    assert len(parse_key_set(as_set(public_key("EC", "P-384", kid="first"), key))["keys"]) == 2


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "null",
        "5",
        '"text"',
        "[]",
        "{}",
        '{"keys": []}',
        '{"keys": {}}',
        '{"keys": null}',
        '{"keys": [null]}',
        '{"keys": [[]]}',
        '{"keys": ["key"]}',
        "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQ==\n-----END PUBLIC KEY-----",
        "[" * 60_000,
        '{"keys":' * 8_000,
        "NaN",
        '{"keys": [], "keys": []}',
        '{"keys": [{"kty": "EC", "kty": "RSA"}]}',
        " " * 70_000,
        "\x00",
    ],
    ids=lambda text: ascii(text[:24]),
)
def test_what_is_no_key_set_is_refused(text: str) -> None:
    refusal_of(text)


@pytest.mark.parametrize(
    ("kty", "size", "labels"),
    [
        ("EC", "P-384", {}),
        ("EC", "P-521", {}),
        ("EC", "P-256", {"alg": "ES384"}),
        ("RSA", 2048, {"alg": "RS512"}),
        ("OKP", "Ed448", {}),
    ],
)
def test_a_key_that_no_accepted_algorithm_uses_may_only_stand_beside_another(
    kty: str, size: Any, labels: dict[str, str]
) -> None:
    useless = public_key(kty, size, kid="useless", **labels)
    assert "None of these keys fits" in refusal_of(as_set(useless))
    parse_key_set(as_set(useless, public_key("EC", "P-256", kid="useful", alg="ES256")))


def test_twenty_keys_are_accepted_and_no_more() -> None:
    keys = [public_key("EC", "P-256", kid=f"key-{number}") for number in range(21)]
    assert len(parse_key_set(as_set(*keys[:20]))["keys"]) == 20
    assert "1 to 20" in refusal_of(as_set(*keys))


def test_several_keys_need_an_id_each_and_one_does_not() -> None:
    one, two = public_key("EC", "P-256"), public_key("EC", "P-384")
    assert "same" in refusal_of(as_set({**one, "kid": "a"}, {**two, "kid": "a"}))
    assert "need" in refusal_of(as_set({**one, "kid": "a"}, two))
    parse_key_set(as_set({**one, "kid": "a"}, {**two, "kid": "b"}))
    (name,) = key_names(parse_key_set(as_set(one)))
    assert len(name) == 43  # its thumbprint


def test_nothing_but_public_members_is_kept() -> None:
    key = public_key("EC", "P-256", kid="first")
    kept = parse_key_set(as_set({**key, "x5u": "https://app.example.com/", "extra": {"a": ["deep"]}, "x5c": ["A"]}))
    assert kept == {"keys": [key]}


def test_a_client_that_signs_is_added_without_a_secret(browser: Browser) -> None:
    key = public_key("EC", "P-256", kid="first")
    page = browser.post(ADD, form_of(authentication_method=SIGNS, jwks=as_set(key))).content.decode()
    client = Client.objects.get()
    assert client.jwks == {"keys": [key]}
    assert client.authentication_method == SIGNS
    assert not ClientSecret.objects.exists()
    assert "signs with its own key" in page
    assert 'id="client-secret"' not in page
    # The same page again, unchanged.
    shown = browser.get(change_url(client)).content.decode()
    assert "&quot;first&quot;" in shown
    assert "Add a secret" not in shown
    assert "signs with its own key" in browser.post(action_url(client, "secrets/add"), NO_SECRET_GIVEN).content.decode()
    assert not ClientSecret.objects.exists()


@pytest.mark.parametrize(
    "text", [as_set(private_key()), as_set(private_key())[:-3], "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49"]
)
def test_a_pasted_private_key_is_not_in_the_page_that_refuses_it(browser: Browser, text: str) -> None:  # B28
    page = browser.post(ADD, form_of(name="Kept", jwks=text)).content.decode()
    assert 'value="Kept"' in page
    assert private_key()["d"] not in page
    assert "MIGHAgEA" not in page
    assert not Client.objects.exists()
    # What is public and only misspelt is there to be corrected.
    assert public_key()["x"] in browser.post(ADD, form_of(jwks=as_set(public_key())[:-1])).content.decode()


def test_a_client_that_signs_needs_keys_or_their_address(browser: Browser) -> None:
    page = browser.post(ADD, form_of(authentication_method=SIGNS)).content.decode()
    assert "Paste the client&#x27;s public keys, or enter their URL." in page
    assert not Client.objects.exists()
    browser.post(ADD, form_of(authentication_method=SIGNS, jwks_uri="https://app.example.com/jwks.json"))
    assert Client.objects.get().jwks_uri == "https://app.example.com/jwks.json"


def test_keys_are_pasted_or_fetched_and_not_both(browser: Browser) -> None:
    both = form_of(jwks=as_set(public_key()), jwks_uri="https://app.example.com/jwks.json")
    assert "not both" in browser.post(ADD, both).content.decode()
    assert not Client.objects.exists()
    browser.post(ADD, {**both, "jwks_uri": ""})
    assert Client.objects.get().jwks == {"keys": [public_key()]}


@pytest.mark.parametrize(
    "url",
    [
        "http://app.example.com/jwks.json",
        "https://user@app.example.com/jwks.json",
        "https://app.example.com/jwks.json#first",
        "https:///jwks.json",
        "https://app.example.com:99999/jwks.json",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "app.example.com/jwks.json",
        "https://app.example.com/\\jwks",
        "https://[half/jwks",
        "https://äpp.example.com/jwks",
        "https://app.example.com/" + "a" * 2000,
    ],
)
def test_an_address_of_keys_that_can_not_be_asked_is_refused(browser: Browser, url: str) -> None:
    # Not even on the own network: whoever answers there says which keys are the client's.
    browser.post(ADD, form_of(authentication_method=SIGNS, jwks_uri=url, is_on_own_network="on"))
    assert not Client.objects.exists()


@pytest.mark.parametrize(
    "changed",
    [
        {"authentication_method": "client_secret_basic"},
        {"authentication_method": SIGNS, "jwks": as_set(public_key())},
        {"jwks": as_set(public_key())},
        {"jwks_uri": "https://app.example.com/jwks.json"},
    ],
    ids=["secret", "signs", "keys", "address"],
)
def test_a_public_client_has_no_means_to_prove_itself(browser: Browser, changed: dict[str, str]) -> None:
    assert "A public client has n" in browser.post(ADD, form_of(is_public="on", **changed)).content.decode()
    assert not Client.objects.exists()
    browser.post(ADD, form_of(**changed))
    browser.post(ADD, form_of(is_public="on"))
    assert sorted(Client.objects.values_list("client_type", flat=True)) == ["confidential", "public"]


def test_a_supplied_secret_and_a_key_exclude_each_other(browser: Browser) -> None:
    signs = form_of(authentication_method=SIGNS, jwks=as_set(public_key()), chosen_secret="a-secret-brought-along")
    page = browser.post(ADD, signs).content.decode()
    assert "signs with its own key can&#x27;t have a secret" in page
    assert "a-secret-brought-along" not in page
    assert not Client.objects.exists()
    browser.post(ADD, {**signs, "chosen_secret": ""})
    assert Client.objects.exists()


def test_the_secrets_of_a_client_that_begins_to_sign_stay_listed_until_removed(browser: Browser) -> None:
    browser.post(ADD, form_of())
    client = Client.objects.get()
    assert "no longer accepted" not in browser.get(change_url(client)).content.decode()
    browser.post(change_url(client), form_of(authentication_method=SIGNS, jwks=as_set(public_key())))
    page = browser.get(change_url(client)).content.decode()
    assert "no longer accepted" in page
    assert client.secrets.get().prefix in page
    assert "Add a secret" not in page
    browser.post(action_url(client, f"secrets/{client.secrets.get().pk}/remove"))
    assert "no longer accepted" not in browser.get(change_url(client)).content.decode()


def test_saving_again_changes_nothing(browser: Browser, operator: Any) -> None:
    browser.post(ADD, form_of(authentication_method=SIGNS, jwks=as_set(public_key())))
    client = Client.objects.get()
    settings = clients.ClientSettings(
        name="Forge", redirect_uris=[CALLBACK], authentication_method=SIGNS, jwks={"keys": [public_key()]}
    )
    assert clients.change_client(client=client, settings=settings, actor=operator) == ()


@pytest.mark.parametrize("method", ["none", "tls_client_auth", "client_secret_jwt", "x" * 5000, "\x00"])
def test_an_unknown_method_is_refused(browser: Browser, method: str) -> None:
    assert browser.post(ADD, form_of(authentication_method=method)).status_code == 200
    assert not Client.objects.exists()
    with pytest.raises(ClientRefused):
        clients.checked_settings(
            clients.ClientSettings(name="Forge", redirect_uris=[CALLBACK], authentication_method=method)
        )
    browser.post(ADD, form_of(authentication_method="client_secret_post"))
    assert Client.objects.get().authentication_method == "client_secret_post"

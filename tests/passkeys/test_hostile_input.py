"""A thousand hostile bodies for each ceremony endpoint, a fifth of them on PostgreSQL too: a 4xx with a code, never a 5xx."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from webauthn.helpers import bytes_to_base64url, encode_cbor

from passkeys.models import Passkey
from tests.support.passkeys.world import ADD, SIGN_IN, STEP_UP, options, post_json

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]

THOUSAND = settings(
    max_examples=1000 if connection.vendor == "sqlite" else 200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)

leaf = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
junk = st.recursive(
    leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
octets = st.binary(max_size=80)
encoded = octets.map(bytes_to_base64url) | octets.map(lambda raw: base64.b64encode(raw).decode()) | st.text(max_size=20)
cbor_leaf = st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.binary(max_size=40) | st.text(max_size=8)
cbor = st.recursive(
    cbor_leaf,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.integers(-5, 5) | st.text(max_size=8), inner, max_size=5)
    ),
)


@st.composite
def answers(draw: Any, *, known_id: bytes) -> dict[str, Any]:
    """Something between an honest credential and noise: most parts well formed, some not."""
    client_data = draw(
        st.fixed_dictionaries(
            {
                "type": st.sampled_from(["webauthn.create", "webauthn.get", 1, None]) | junk,
                "challenge": st.just("CHALLENGE") | encoded | junk,
                "origin": st.just("http://localhost:8000") | junk,
            },
            optional={"crossOrigin": junk, "topOrigin": junk, "tokenBinding": junk},
        )
    )
    rp_hash = bytes.fromhex("49960de5880e8c687434170f6476605b8fe4aeb9a28632c7995cf3ba831d9763")
    key = draw(cbor.map(encode_cbor) | octets)
    credential_id = draw(st.just(known_id) | octets)
    tail = draw(octets)
    auth_data = rp_hash + bytes([draw(st.integers(0, 255))]) + draw(st.binary(min_size=4, max_size=4))
    attested = bytes(16) + len(credential_id).to_bytes(2, "big") + credential_id + key
    auth_data += draw(st.sampled_from([b"", attested, attested + tail, tail]))
    attestation = draw(
        st.fixed_dictionaries(
            {
                "fmt": st.sampled_from(
                    ["none", "packed", "tpm", "fido-u2f", "apple", "android-key", "android-safetynet", "compound", 5]
                ),
                "attStmt": st.just({})
                | st.dictionaries(
                    st.sampled_from(["alg", "sig", "x5c", "ver", "response", "pubArea", "certInfo"]), cbor, max_size=7
                ),
                "authData": st.just(auth_data) | cbor,
            }
        )
    )
    posted_id = bytes_to_base64url(credential_id)
    response = {
        "clientDataJSON": draw(st.just(bytes_to_base64url(json.dumps(client_data).encode())) | encoded | junk),
        "attestationObject": draw(st.just(bytes_to_base64url(encode_cbor(attestation))) | encoded | junk),
        "authenticatorData": draw(st.just(bytes_to_base64url(auth_data)) | encoded | junk),
        "signature": draw(encoded | junk),
        "userHandle": draw(encoded | junk),
        "transports": draw(st.lists(junk, max_size=3) | junk),
    }
    return {
        "id": draw(st.just(posted_id) | encoded | junk),
        "rawId": draw(st.just(posted_id) | encoded | junk),
        "type": draw(st.just("public-key") | junk),
        "authenticatorAttachment": draw(st.sampled_from(["platform", None]) | junk),
        "clientExtensionResults": draw(st.just({}) | junk),
        "response": draw(st.just(response) | junk),
    }


def put_challenge(value: Any, challenge: str) -> Any:
    """Put the real challenge into client data that names ``CHALLENGE``."""
    response = value.get("response")
    if isinstance(response, dict) and isinstance(response.get("clientDataJSON"), str):
        try:
            told = base64.urlsafe_b64decode(response["clientDataJSON"] + "===").decode()
        except ValueError:
            return value
        response["clientDataJSON"] = bytes_to_base64url(told.replace("CHALLENGE", challenge).encode())
    return value


@pytest.mark.parametrize("base", [SIGN_IN, STEP_UP, ADD])
@given(data=st.data())
@THOUSAND
def test_hostile_answers_to_a_real_ceremony_are_refused(owner, base, data):
    if not owner.is_signed_in and base != SIGN_IN:
        owner.signed_in()
    owner.age_assertion(0) if base != SIGN_IN else None
    client = owner.client if base != SIGN_IN else Client()
    begun = options(client, base)
    credential = data.draw(answers(known_id=bytes(Passkey.objects.first().credential_id)))
    credential = put_challenge(credential, begun["publicKey"]["challenge"])
    response = post_json(client, f"{base}/verify", {"ceremony": begun["ceremony"], "credential": credential})
    assert 400 <= response.status_code < 500, response.content
    assert response.json()["error"]
    assert Passkey.objects.count() == 1


bodies = (
    st.binary(max_size=200)
    | junk.map(lambda value: json.dumps(value).encode())
    | st.fixed_dictionaries({}, optional={"ceremony": junk, "credential": junk, "next": junk}).map(
        lambda value: json.dumps(value).encode()
    )
)


@pytest.mark.parametrize("call", ["options", "verify"])
@given(body=bodies, base=st.sampled_from([SIGN_IN, STEP_UP, ADD]))
@THOUSAND
def test_hostile_bodies_are_refused(owner, call, body, base):
    if not owner.is_signed_in:
        owner.signed_in()
    response = owner.client.post(f"{base}/{call}", body, content_type="application/json")
    assert response.status_code < 500
    assert call == "options" or response.status_code >= 400

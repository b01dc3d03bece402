"""Known answers: the test vectors that WebAuthn Level 3 publishes in its chapter 16.

``webauthn_vectors.json`` holds the bytes as printed there, by the names that chapter gives them. What the chapter
derives by HKDF is derived here again, so a slip in copying cannot pass for a vector.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from webauthn.helpers import bytes_to_base64url

from passkeys.core.answer import Expected
from passkeys.core.authentication import StoredCredential, VerifiedAssertion, verify_assertion
from passkeys.core.refusal import Refused
from passkeys.core.registration import NewCredential, verify_registration
from passkeys.testing.soft import EDDSA, ES256, cose_key

VECTORS: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("webauthn_vectors.json").read_text())
PLAIN = ["none.ES256", "packed-self.ES256", "none.ES256.long-credential-id", "packed.EdDSA"]
FRAMED = ["none.ES256.crossOrigin", "none.ES256.topOrigin"]
BITS = {"user_verified": 0x04, "backup_eligible": 0x08, "backed_up": 0x10}


def told(vector: dict[str, Any], member: str) -> bytes:
    return bytes.fromhex(vector[member])


def derived(name: str, salt: int, length: int) -> bytes:
    return HKDF(SHA256(), length, bytes([salt]), name.encode()).derive(b"WebAuthn test vectors")


def expected(challenge: bytes, *, user_verification: bool = False) -> Expected:
    """What the chapter's ceremonies were begun with; they do not ask for user verification."""
    return Expected(challenge, "example.org", ("https://example.org",), user_verification)


def posted(credential_id: bytes, **response: bytes) -> dict[str, Any]:
    encoded = {member: bytes_to_base64url(value) for member, value in response.items()}
    raw = bytes_to_base64url(credential_id)
    return {"id": raw, "rawId": raw, "type": "public-key", "response": encoded, "clientExtensionResults": {}}


def register(vector: dict[str, Any], *, user_verification: bool = False, **changed: bytes) -> NewCredential:
    values = {member: told(vector, member) for member in ("clientDataJSON", "attestationObject")} | changed
    return verify_registration(
        posted(told(vector, "credential_id"), **values),
        expected=expected(told(vector, "challenge"), user_verification=user_verification),
        algorithms=[ES256, EDDSA],
    )


def public_key(vector: dict[str, Any]) -> bytes:
    secret = told(vector, "credential_private_key")
    if vector is VECTORS["packed.EdDSA"]:
        return cose_key(ed25519.Ed25519PrivateKey.from_private_bytes(secret), EDDSA)
    return cose_key(ec.derive_private_key(int.from_bytes(secret, "big"), ec.SECP256R1()), ES256)


def sign_in(vector: dict[str, Any], *, backup_eligible: bool | None = None, **changed: bytes) -> VerifiedAssertion:
    assertion = vector["assertion"]
    members = ("clientDataJSON", "authenticatorData", "signature")
    values = {member: told(assertion, member) for member in members} | changed
    eligible = bool(told(assertion, "authenticatorData")[32] & 0x08) if backup_eligible is None else backup_eligible
    stored = StoredCredential(
        credential_id=told(vector, "credential_id"),
        public_key=public_key(vector),
        sign_count=0,
        backup_eligible=eligible,
        user_handle=bytes(64),
    )
    return verify_assertion(
        posted(stored.credential_id, **values),
        expected=expected(told(assertion, "challenge")),
        stored=stored,
        handle_required=False,
    )


@pytest.mark.parametrize("name", VECTORS)
def test_the_vectors_are_those_of_the_specification(name: str) -> None:
    vector = VECTORS[name]
    assert told(vector, "challenge") == derived(name, 0, 32)
    assert told(vector, "credential_private_key") == derived(name, 1, 32)
    # Where the client data has no extra member, the chapter's counting has no step for it.
    step = 4 if b"extraData" in told(vector, "clientDataJSON") else 3
    assert told(vector, "aaguid") == derived(name, step, 16)
    assert told(vector, "credential_id") == derived(name, step + 1, len(vector["credential_id"]) // 2)
    # Two steps more make the attestation's own key and certificate, where there is one.
    step += 2 if b"x5c" in told(vector, "attestationObject") else 0
    assert told(vector["assertion"], "challenge") == derived(name, step + 3, 32)


@pytest.mark.parametrize("name", PLAIN)
def test_a_published_registration_is_accepted(name: str) -> None:
    vector = VECTORS[name]
    made = register(vector)
    assert made.credential_id == told(vector, "credential_id")
    assert made.aaguid.bytes == told(vector, "aaguid")
    assert made.public_key == public_key(vector)
    assert (made.algorithm, made.sign_count) == (EDDSA if name.endswith("EdDSA") else ES256, 0)
    assert made.attestation_format == name.split(".")[0].removesuffix("-self")
    flags = told(vector, "attestationObject").rpartition(told(vector, "aaguid"))[0][-5]
    assert {member: bool(flags & bit) for member, bit in BITS.items()} == {m: getattr(made, m) for m in BITS}


@pytest.mark.parametrize("name", PLAIN)
def test_a_published_assertion_is_accepted(name: str) -> None:
    vector = VECTORS[name]
    flags = told(vector["assertion"], "authenticatorData")[32]
    made = sign_in(vector)
    assert made == VerifiedAssertion(
        sign_count=0, backed_up=bool(flags & 0x10), user_verified=bool(flags & 0x04), counter_regressed=False
    )


# The twin of the two above: the vectors are sound, their frames are not ours.
@pytest.mark.parametrize("name", FRAMED)
def test_a_published_ceremony_in_a_foreign_frame_is_refused(name: str) -> None:
    for ceremony in (register, sign_in):
        with pytest.raises(Refused) as refusal:
            ceremony(VECTORS[name])
        assert refusal.value.reason == "cross_origin"


def test_user_verification_is_required_where_the_ceremony_asked_for_it() -> None:
    assert register(VECTORS["packed-self.ES256"], user_verification=True).user_verified
    with pytest.raises(Refused, match="verif"):
        register(VECTORS["none.ES256"], user_verification=True)


def test_backup_eligibility_is_compared_with_the_registration() -> None:
    sign_in(VECTORS["none.ES256"], backup_eligible=True)
    with pytest.raises(Refused) as refusal:
        sign_in(VECTORS["none.ES256"], backup_eligible=False)
    assert refusal.value.reason == "backup_eligibility_changed"


# K08
@pytest.mark.parametrize("member", ["clientDataJSON", "authenticatorData", "signature"])
@pytest.mark.parametrize("name", PLAIN)
def test_an_assertion_with_any_one_byte_changed_is_refused(name: str, member: str) -> None:
    vector = VECTORS[name]
    genuine = told(vector["assertion"], member)
    for position in range(len(genuine)):
        mutated = bytearray(genuine)
        mutated[position] ^= 0x01
        with pytest.raises(Refused):
            sign_in(vector, **{member: bytes(mutated)})


# A self attestation signs the authenticator data and the client data, so every byte of them counts.
@pytest.mark.parametrize("member", ["clientDataJSON", "attestationObject"])
def test_a_self_attested_registration_with_any_one_byte_changed_is_refused(member: str) -> None:
    vector = VECTORS["packed-self.ES256"]
    genuine = told(vector, member)
    for position in range(len(genuine)):
        mutated = bytearray(genuine)
        mutated[position] ^= 0x01
        with pytest.raises(Refused):
            register(vector, **{member: bytes(mutated)})


# Without attestation nothing is signed: only what the server compares can be held against a change.
def test_an_unattested_registration_with_a_changed_relying_party_or_challenge_is_refused() -> None:
    vector = VECTORS["none.ES256"]
    genuine = told(vector, "attestationObject")
    digest = genuine.index(bytes.fromhex("bfabc374"))
    for position in range(digest, digest + 32):
        mutated = bytearray(genuine)
        mutated[position] ^= 0x01
        with pytest.raises(Refused):
            register(vector, attestationObject=bytes(mutated))
    for old, new in ((b"AMMP", b"AMMQ"), (b"example.org", b"example.orh"), (b"webauthn.create", b"webauthn.get")):
        with pytest.raises(Refused):
            register(vector, clientDataJSON=told(vector, "clientDataJSON").replace(old, new))

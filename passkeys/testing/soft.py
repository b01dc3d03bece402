"""An authenticator and its browser in pure Python: options JSON in, the JSON that a browser posts out."""

from __future__ import annotations

import hashlib
import json
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, padding, rsa
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, encode_cbor

ES256: Final = -7
EDDSA: Final = -8
RS256: Final = -257
ML_DSA_44: Final = -48
ML_DSA_65: Final = -49
ML_DSA_87: Final = -50

PrivateKey = (
    ec.EllipticCurvePrivateKey
    | ed25519.Ed25519PrivateKey
    | rsa.RSAPrivateKey
    | mldsa.MLDSA44PrivateKey
    | mldsa.MLDSA65PrivateKey
    | mldsa.MLDSA87PrivateKey
)

_UP, _UV, _BE, _BS, _AT, _ED = 0x01, 0x04, 0x08, 0x10, 0x40, 0x80


class UnsuitableOptions(Exception):
    """The authenticator would refuse these options: nothing it holds fits them, or it holds what they exclude."""


@dataclass(frozen=True)
class Overrides:
    """What a dishonest authenticator or browser says instead of the truth; ``None`` is the truth.

    ``user_handle`` is raw bytes, and ``b""`` leaves the member out altogether. ``client_data`` and
    ``authenticator_data`` replace the whole structure; the signature is then made over the replacement.
    """

    type: str | None = None
    challenge: bytes | None = None
    origin: str | None = None
    cross_origin: bool | None = None
    top_origin: str | None = None
    rp_id: str | None = None
    user_present: bool | None = None
    user_verified: bool | None = None
    backup_eligible: bool | None = None
    backed_up: bool | None = None
    sign_count: int | None = None
    user_handle: bytes | None = None
    algorithm: int | None = None
    public_key: bytes | None = None
    attested_id: bytes | None = None
    posted_id: bytes | None = None
    break_signature: bool = False
    attestation_format: str | None = None
    attestation_statement: Mapping[str, Any] | None = None
    client_data: bytes | None = None
    authenticator_data: bytes | None = None
    transports: tuple[str, ...] | None = None
    extension_results: Mapping[str, Any] | None = None


HONEST: Final = Overrides()


@dataclass
class SoftCredential:
    """A discoverable credential that a ``SoftAuthenticator`` holds."""

    id: bytes
    rp_id: str
    user_handle: bytes
    algorithm: int
    key: PrivateKey
    sign_count: int = 0


@dataclass
class SoftAuthenticator:
    """Creates and uses discoverable credentials.

    ``counts`` says whether the signature counter moves: synced passkeys keep it at 0, security keys count.
    ``algorithms`` are those the authenticator can make; the first that the options offer is used.
    """

    origin: str
    algorithms: tuple[int, ...] = (ML_DSA_44, ML_DSA_65, ML_DSA_87, EDDSA, ES256, RS256)
    aaguid: uuid.UUID = uuid.UUID(int=0)
    user_verified: bool = True
    backup_eligible: bool = True
    backed_up: bool = True
    counts: bool = False
    attachment: str = "platform"
    transports: tuple[str, ...] = ("internal", "hybrid")
    credentials: list[SoftCredential] = field(default_factory=list)

    def create(self, options: Mapping[str, Any], overrides: Overrides = HONEST) -> dict[str, Any]:
        """Return what ``navigator.credentials.create()`` gives for these options, as JSON.

        Raises ``UnsuitableOptions`` when an excluded credential is held or no offered algorithm is known.
        """
        excluded = {base64url_to_bytes(entry["id"]) for entry in options.get("excludeCredentials", ())}
        rp_id = options["rp"]["id"]
        if any(held.id in excluded for held in self.credentials if held.rp_id == rp_id):
            raise UnsuitableOptions("a credential of this account is here already")
        algorithm = overrides.algorithm or self._choose([entry["alg"] for entry in options["pubKeyCredParams"]])
        credential = SoftCredential(
            id=secrets.token_bytes(32),
            rp_id=rp_id,
            user_handle=base64url_to_bytes(options["user"]["id"]),
            algorithm=algorithm,
            key=make_key(algorithm),
        )
        self.credentials.append(credential)
        client_data = self._client_data("webauthn.create", options["challenge"], overrides)
        attested_id = credential.id if overrides.attested_id is None else overrides.attested_id
        public_key = overrides.public_key or cose_key(credential.key, algorithm)
        attested = self.aaguid.bytes + len(attested_id).to_bytes(2, "big") + attested_id + public_key
        authenticator_data = self._authenticator_data(credential, overrides, attested)
        attestation = {
            "fmt": overrides.attestation_format or "none",
            "attStmt": self._statement(credential, authenticator_data, client_data, overrides),
            "authData": authenticator_data,
        }
        posted = attested_id if overrides.posted_id is None else overrides.posted_id
        results = {"credProps": {"rk": True}} if overrides.extension_results is None else overrides.extension_results
        return {
            "id": bytes_to_base64url(posted),
            "rawId": bytes_to_base64url(posted),
            "type": "public-key",
            "authenticatorAttachment": self.attachment,
            "response": {
                "clientDataJSON": bytes_to_base64url(client_data),
                "attestationObject": bytes_to_base64url(encode_cbor(attestation)),
                "transports": list(self.transports if overrides.transports is None else overrides.transports),
            },
            "clientExtensionResults": dict(results),
        }

    def get(
        self,
        options: Mapping[str, Any],
        overrides: Overrides = HONEST,
        *,
        credential: SoftCredential | None = None,
    ) -> dict[str, Any]:
        """Return what ``navigator.credentials.get()`` gives for these options, as JSON.

        ``credential`` pins the one to use, even against ``allowCredentials``, as an attacker's client would.
        Raises ``UnsuitableOptions`` when no held credential fits.
        """
        credential = credential or self._find(options)
        if self.counts:
            credential.sign_count += 1
        client_data = self._client_data("webauthn.get", options["challenge"], overrides)
        authenticator_data = self._authenticator_data(credential, overrides)
        signature = sign(credential.key, authenticator_data + hashlib.sha256(client_data).digest())
        if overrides.break_signature:
            signature = signature[:-1] + bytes([signature[-1] ^ 1])
        posted = credential.id if overrides.posted_id is None else overrides.posted_id
        response = {
            "clientDataJSON": bytes_to_base64url(client_data),
            "authenticatorData": bytes_to_base64url(authenticator_data),
            "signature": bytes_to_base64url(signature),
        }
        handle = credential.user_handle if overrides.user_handle is None else overrides.user_handle
        if handle:
            response["userHandle"] = bytes_to_base64url(handle)
        return {
            "id": bytes_to_base64url(posted),
            "rawId": bytes_to_base64url(posted),
            "type": "public-key",
            "authenticatorAttachment": self.attachment,
            "response": response,
            "clientExtensionResults": dict(overrides.extension_results or {}),
        }

    def _choose(self, offered: list[int]) -> int:
        for algorithm in offered:
            if algorithm in self.algorithms:
                return algorithm
        raise UnsuitableOptions(f"none of the algorithms {offered} is known")

    def _find(self, options: Mapping[str, Any]) -> SoftCredential:
        allowed = {base64url_to_bytes(entry["id"]) for entry in options.get("allowCredentials", ())}
        for held in reversed(self.credentials):
            if held.rp_id == options["rpId"] and (not allowed or held.id in allowed):
                return held
        raise UnsuitableOptions("no credential fits")

    def _client_data(self, kind: str, challenge: str, overrides: Overrides) -> bytes:
        if overrides.client_data is not None:
            return overrides.client_data
        told: dict[str, Any] = {
            "type": overrides.type or kind,
            "challenge": challenge if overrides.challenge is None else bytes_to_base64url(overrides.challenge),
            "origin": overrides.origin or self.origin,
            "crossOrigin": bool(overrides.cross_origin),
        }
        if overrides.top_origin is not None:
            told["topOrigin"] = overrides.top_origin
        return json.dumps(told).encode()

    def _authenticator_data(
        self, credential: SoftCredential, overrides: Overrides, attested: bytes | None = None
    ) -> bytes:
        if overrides.authenticator_data is not None:
            return overrides.authenticator_data
        flags = 0
        for bit, truth, told in (
            (_UP, True, overrides.user_present),
            (_UV, self.user_verified, overrides.user_verified),
            (_BE, self.backup_eligible, overrides.backup_eligible),
            (_BS, self.backup_eligible and self.backed_up, overrides.backed_up),
        ):
            flags |= bit if (truth if told is None else told) else 0
        if attested is not None:
            flags |= _AT
        count = credential.sign_count if overrides.sign_count is None else overrides.sign_count
        rp_hash = hashlib.sha256((overrides.rp_id or credential.rp_id).encode()).digest()
        return rp_hash + bytes([flags]) + count.to_bytes(4, "big") + (attested or b"")

    def _statement(
        self, credential: SoftCredential, authenticator_data: bytes, client_data: bytes, overrides: Overrides
    ) -> dict[str, Any]:
        if overrides.attestation_statement is not None:
            return dict(overrides.attestation_statement)
        if overrides.attestation_format != "packed":
            return {}
        signature = sign(credential.key, authenticator_data + hashlib.sha256(client_data).digest())
        if overrides.break_signature:
            signature = signature[:-1] + bytes([signature[-1] ^ 1])
        return {"alg": credential.algorithm, "sig": signature}


def make_key(algorithm: int) -> PrivateKey:
    """Return a new private key for a COSE algorithm; raises ``UnsuitableOptions`` for one that is not known."""
    match algorithm:
        case -7:
            return ec.generate_private_key(ec.SECP256R1())
        case -8:
            return ed25519.Ed25519PrivateKey.generate()
        case -257 | -65535:
            return rsa.generate_private_key(public_exponent=65537, key_size=2048)
        case -48:
            return mldsa.MLDSA44PrivateKey.generate()
        case -49:
            return mldsa.MLDSA65PrivateKey.generate()
        case -50:
            return mldsa.MLDSA87PrivateKey.generate()
    raise UnsuitableOptions(f"algorithm {algorithm} is not known")


def cose_key(key: PrivateKey, algorithm: int) -> bytes:
    """Return the public half as a COSE_Key (RFC 9052 §7)."""
    public = key.public_key()
    if isinstance(public, ec.EllipticCurvePublicKey):
        point = public.public_numbers()
        return encode_cbor(
            {1: 2, 3: algorithm, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        )
    if isinstance(public, rsa.RSAPublicKey):
        numbers = public.public_numbers()
        return encode_cbor({1: 3, 3: algorithm, -1: numbers.n.to_bytes(256, "big"), -2: b"\x01\x00\x01"})
    if isinstance(public, ed25519.Ed25519PublicKey):
        return encode_cbor({1: 1, 3: algorithm, -1: 6, -2: public.public_bytes_raw()})
    return encode_cbor({1: 7, 3: algorithm, -1: public.public_bytes_raw()})


def sign(key: PrivateKey, data: bytes) -> bytes:
    """Return the signature that an authenticator makes with this key."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(data, ec.ECDSA(hashes.SHA256()))
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    return key.sign(data)

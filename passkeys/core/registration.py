"""Verification of a registration, pure: WebAuthn L3 §7.1."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from webauthn import verify_registration_response
from webauthn.helpers import (
    decode_credential_public_key,
    decoded_public_key_to_cryptography,
    parse_cbor,
    verify_signature,
)
from webauthn.helpers.cose import COSECRV, COSEAlgorithmIdentifier
from webauthn.helpers.decode_credential_public_key import DecodedEC2PublicKey
from webauthn.helpers.structs import AttestationFormat, CredentialDeviceType

from .answer import Expected, guard, read_credential_id, refuse_frames, tidy
from .key_strength import is_weak
from .refusal import Refused

_TRANSPORT: Final = re.compile(r"[a-z][a-z-]{0,31}")
_MAX_TRANSPORTS: Final = 8
#: WebAuthn L3 §4: a credential ID has at least 100 random bits.
_SHORTEST_ID: Final = 16


@dataclass(frozen=True)
class NewCredential:
    """What a verified registration says about the passkey. ``public_key`` is a COSE_Key."""

    credential_id: bytes
    public_key: bytes
    algorithm: int
    sign_count: int
    aaguid: uuid.UUID
    user_verified: bool
    backup_eligible: bool
    backed_up: bool
    transports: tuple[str, ...]
    attachment: str
    discoverable: bool | None
    attestation_format: str


def verify_registration(
    credential: Mapping[str, Any], *, expected: Expected, algorithms: Sequence[int]
) -> NewCredential:
    """Return what was registered, or raise ``Refused``.

    Attestation is verified for form but proves nothing here: no roots are configured, and none is asked for.
    ``algorithms`` must be those that the ceremony offered.
    """
    return guard(lambda: _verify(credential, expected, algorithms))


def _verify(credential: Mapping[str, Any], expected: Expected, algorithms: Sequence[int]) -> NewCredential:
    posted_id = read_credential_id(credential)
    verified = verify_registration_response(
        credential=tidy(credential),
        expected_challenge=expected.challenge,
        expected_rp_id=expected.rp_id,
        expected_origin=list(expected.origins),
        require_user_verification=expected.user_verification,
        supported_pub_key_algs=[COSEAlgorithmIdentifier(algorithm) for algorithm in algorithms],
    )
    refuse_frames(credential)
    if verified.credential_id != posted_id:
        raise Refused("id_mismatch", "the posted id is not the attested one")
    if len(posted_id) < _SHORTEST_ID:
        raise Refused("id_short", f"the id has {len(posted_id)} bytes")
    if verified.fmt == AttestationFormat.NONE and _statement(verified.attestation_object):
        raise Refused("attestation", "a none attestation comes with a statement")
    extensions = credential.get("clientExtensionResults")
    response = credential["response"]
    return NewCredential(
        credential_id=verified.credential_id,
        public_key=verified.credential_public_key,
        algorithm=_usable_algorithm(verified.credential_public_key),
        sign_count=verified.sign_count,
        aaguid=uuid.UUID(verified.aaguid),
        user_verified=verified.user_verified,
        backup_eligible=verified.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
        backed_up=verified.credential_backed_up,
        transports=_transports(response.get("transports")),
        attachment=tidy(credential).get("authenticatorAttachment", ""),
        discoverable=_discoverable(extensions),
        attestation_format=AttestationFormat(verified.fmt).value,
    )


def _statement(attestation_object: bytes) -> Any:
    return parse_cbor(attestation_object).get("attStmt")


def _usable_algorithm(public_key: bytes) -> int:
    """Return the key's algorithm, or raise ``Refused`` (``key_unusable``) when nobody could ever sign in with it.

    A ``none`` attestation proves no possession, so a point off its curve, a short key or an algorithm that does
    not fit the key type would be stored otherwise. The empty signature must fail as a *wrong signature*, no earlier.
    """
    try:
        decoded = decode_credential_public_key(public_key)
        if isinstance(decoded, DecodedEC2PublicKey) and decoded.crv != COSECRV.P256:
            raise Refused("key_unusable", f"curve {decoded.crv} does not go with ES256")
        key = decoded_public_key_to_cryptography(decoded)
        if is_weak(key):
            raise Refused("key_weak", "an RSA key is short or has a small exponent")
        verify_signature(
            public_key=key,
            signature_alg=COSEAlgorithmIdentifier(decoded.alg),
            signature=b"",
            data=b"",
        )
    except InvalidSignature:
        return int(decoded.alg)
    except Refused:
        raise
    except Exception as error:
        raise Refused("key_unusable", f"{type(error).__name__}: {error}") from error
    raise Refused("key_unusable", "the key accepts an empty signature")


def _transports(posted: object) -> tuple[str, ...]:
    """Return the well-formed transports, unknown ones included: they go back in ``excludeCredentials`` (§7.1)."""
    if not isinstance(posted, list):
        return ()
    well_formed = [entry for entry in posted if isinstance(entry, str) and _TRANSPORT.fullmatch(entry)]
    return tuple(dict.fromkeys(well_formed))[:_MAX_TRANSPORTS]


def _discoverable(extensions: object) -> bool | None:
    """Return ``credProps.rk``: an unsigned hint, and ``None`` where the browser does not say."""
    properties = extensions.get("credProps") if isinstance(extensions, Mapping) else None
    told = properties.get("rk") if isinstance(properties, Mapping) else None
    return told if isinstance(told, bool) else None

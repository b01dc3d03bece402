"""Verification of an assertion, pure: WebAuthn L3 §7.2."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from webauthn import verify_authentication_response
from webauthn.helpers import base64url_to_bytes, encode_cbor
from webauthn.helpers.structs import CredentialDeviceType

from .answer import Expected, guard, read_credential_id, refuse_frames, tidy
from .refusal import Refused


@dataclass(frozen=True)
class StoredCredential:
    """What the server knows about the passkey that is said to sign. ``public_key`` is a COSE_Key."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    backup_eligible: bool
    user_handle: bytes


@dataclass(frozen=True)
class VerifiedAssertion:
    """What a verified assertion says. ``counter_regressed`` is left to the caller's policy (§7.2 step 22)."""

    sign_count: int
    backed_up: bool
    user_verified: bool
    counter_regressed: bool


def verify_assertion(
    credential: Mapping[str, Any], *, expected: Expected, stored: StoredCredential, handle_required: bool
) -> VerifiedAssertion:
    """Return what was asserted, or raise ``Refused``. ``handle_required`` holds where the member is not known yet."""
    return guard(lambda: _verify(credential, expected, stored, handle_required))


def _verify(
    credential: Mapping[str, Any], expected: Expected, stored: StoredCredential, handle_required: bool
) -> VerifiedAssertion:
    if read_credential_id(credential) != stored.credential_id:
        raise Refused("id_mismatch", "the posted id is not the stored one")
    verified = verify_authentication_response(
        credential=tidy(credential),
        expected_challenge=expected.challenge,
        expected_rp_id=expected.rp_id,
        expected_origin=list(expected.origins),
        credential_public_key=stored.public_key,
        # The library compares counters before it verifies the signature, so anyone could trigger that refusal.
        # With 0 it never refuses, and the comparison below is the last thing done.
        credential_current_sign_count=0,
        require_user_verification=expected.user_verification,
    )
    refuse_frames(credential)
    _refuse_foreign_handle(credential["response"].get("userHandle"), stored.user_handle, handle_required)
    if (verified.credential_device_type is CredentialDeviceType.MULTI_DEVICE) != stored.backup_eligible:
        raise Refused("backup_eligibility_changed", "the backup eligibility flag is not what it was at registration")
    count = verified.new_sign_count
    return VerifiedAssertion(
        sign_count=count,
        backed_up=verified.credential_backed_up,
        user_verified=verified.user_verified,
        counter_regressed=bool(count or stored.sign_count) and count <= stored.sign_count,
    )


def _refuse_foreign_handle(posted: object, stored: bytes, required: bool) -> None:
    if posted is None or posted == "":
        if required:
            raise Refused("user_handle", "the user handle is missing")
        return
    if not isinstance(posted, str) or base64url_to_bytes(posted) != stored:
        raise Refused("user_handle", "the user handle belongs to somebody else")


def decoy(credential_id: bytes) -> StoredCredential:
    """Return a credential with this id that nobody holds.

    An unknown credential id is verified against it, so that its refusal takes about as long as any other.
    """
    return StoredCredential(
        credential_id=credential_id,
        public_key=_decoy_key(),
        sign_count=0,
        backup_eligible=True,
        user_handle=bytes(64),
    )


@cache
def _decoy_key() -> bytes:
    point = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
    return encode_cbor({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")})

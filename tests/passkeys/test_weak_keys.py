"""What new passkeys may not have: weak keys, short ids, a statement without an attestation."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client
from webauthn.helpers import encode_cbor

from passkeys.core.key_strength import is_weak_cose
from passkeys.testing import Overrides, SoftAuthenticator
from tests.support.passkeys.world import ORIGIN, Person, error_of, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def newcomer(db: None) -> Person:
    return Person(make_user("newcomer"), Client(), SoftAuthenticator(origin=ORIGIN))


RS256 = -257


def rsa_key(bits: int, exponent: int = 65537) -> bytes:
    numbers = rsa.generate_private_key(exponent, bits).public_key().public_numbers()
    modulus, public_exponent = (
        value.to_bytes((value.bit_length() + 7) // 8, "big") for value in (numbers.n, numbers.e)
    )
    return encode_cbor({1: 3, 3: RS256, -1: modulus, -2: public_exponent})


STRONG = Overrides(algorithm=RS256, public_key=rsa_key(2048))


@pytest.mark.parametrize(
    "weak",
    [
        replace(STRONG, public_key=rsa_key(1024)),
        replace(STRONG, public_key=rsa_key(2048, 3)),
        replace(STRONG, attested_id=b"x"),
        replace(STRONG, attested_id=b"x" * 15),
        replace(STRONG, attestation_statement={"alg": -7}),
    ],
    ids=["1024 bits", "exponent 3", "1 byte", "15 bytes", "statement"],
)
def test_weak_registration_is_refused(newcomer, settings, weak):
    settings.HEARTHKEY_PASSKEYS_ALGORITHMS = [-7, RS256]
    newcomer.begin_setup_session()
    assert error_of(newcomer.add(weak))[0] == 400
    assert not newcomer.passkeys
    assert newcomer.add(STRONG).status_code == 201


def test_key_of_an_algorithm_that_was_not_offered_is_refused(newcomer, settings):
    settings.HEARTHKEY_PASSKEYS_ALGORITHMS = [-7]
    newcomer.begin_setup_session()
    assert error_of(newcomer.add(STRONG))[0] == 400
    assert newcomer.add().status_code == 201


def test_existing_weak_passkey_is_flagged(newcomer):
    passkey = newcomer.enrolled().passkey
    assert not passkey.has_weak_key
    passkey.public_key = rsa_key(1024)
    assert passkey.has_weak_key
    assert not is_weak_cose(b"damaged")

"""Enrolling passkeys: who may, what is checked, and what is stored."""

from __future__ import annotations

import time
import uuid

import pytest
from django.test import Client
from webauthn.helpers import base64url_to_bytes, encode_cbor

from passkeys.models import Ceremony, Passkey, UserHandle
from passkeys.services.handles import ensure_handle
from passkeys.signals import PasskeyRefused, PasskeyRegistered
from passkeys.testing import Overrides, SoftAuthenticator, soft
from tests.support.passkeys.world import (
    ADD,
    ORIGIN,
    SIGN_IN,
    STEP_UP,
    Person,
    error_of,
    make_user,
    options,
    post_json,
    verify,
)

pytestmark = pytest.mark.django_db

BITWARDEN = uuid.UUID("d548826e-79b4-db40-a3d8-11116f7e8349")


@pytest.fixture
def newcomer(db):
    """A member without a passkey, in the session that the set-up began."""
    return Person(make_user("newcomer"), Client(), SoftAuthenticator(origin=ORIGIN)).begin_setup_session()


def second_device(**kwargs):
    return SoftAuthenticator(origin=ORIGIN, **kwargs)


def test_the_first_passkey_is_enrolled_in_a_setup_session(newcomer, heard):
    assert newcomer.add().status_code == 201
    (event,) = heard.of(PasskeyRegistered)
    assert (event.user, event.passkey, event.first) == (str(newcomer.user.pk), str(newcomer.passkey.pk), True)
    # Only an assertion begins a passkey session.
    assert not newcomer.is_signed_in


# J10
def test_everything_that_later_checks_need_is_stored(newcomer):
    newcomer.device = second_device(
        algorithms=(-7,), counts=True, backup_eligible=True, backed_up=False, aaguid=BITWARDEN
    )
    assert newcomer.add(Overrides(transports=("internal", "hybrid", "teleport"), sign_count=3)).status_code == 201
    passkey = newcomer.passkey
    assert bytes(passkey.credential_id) == newcomer.device.credentials[0].id
    assert passkey.algorithm == -7
    assert passkey.sign_count == 3
    assert passkey.user_verified_at_registration
    assert passkey.backup_eligible
    assert not passkey.backed_up
    assert passkey.transports == ["internal", "hybrid", "teleport"]
    assert passkey.attachment == "platform"
    assert passkey.discoverable is True
    assert passkey.aaguid == BITWARDEN
    assert passkey.rp_id == "localhost"
    assert passkey.attestation_format == "none"
    assert passkey.name == "Bitwarden"


def test_the_options_ask_for_a_verified_discoverable_credential(newcomer):
    begun = options(newcomer.client, ADD)["publicKey"]
    assert begun["rp"] == {"id": "localhost", "name": "Test house"}
    assert begun["authenticatorSelection"]["residentKey"] == "required"
    assert begun["authenticatorSelection"]["requireResidentKey"] is True
    assert begun["authenticatorSelection"]["userVerification"] == "required"
    assert begun["attestation"] == "none"
    assert begun["extensions"] == {"credProps": True}
    assert begun["timeout"] == 300_000
    assert begun["user"]["name"] == "newcomer"
    assert len(base64url_to_bytes(begun["challenge"])) == 32


def test_the_user_handle_is_random_and_stays(newcomer, stranger):
    first = base64url_to_bytes(options(newcomer.client, ADD)["publicKey"]["user"]["id"])
    newcomer.user.username = "renamed"
    newcomer.user.save()
    assert base64url_to_bytes(options(newcomer.client, ADD)["publicKey"]["user"]["id"]) == first
    assert len(first) == 64
    assert first != stranger.device.credentials[0].user_handle


@pytest.mark.parametrize("length", [1, 64])
def test_a_user_handle_from_elsewhere_may_have_1_to_64_bytes(newcomer, length):
    UserHandle.objects.create(user=newcomer.user, handle=b"h" * length)
    assert newcomer.add().status_code == 201
    newcomer.client = Client()
    assert newcomer.sign_in().status_code == 200
    assert ensure_handle(newcomer.user) == b"h" * length


@pytest.mark.parametrize("algorithm", [-48, -8, -7, -257])
def test_every_offered_algorithm_enrols_and_signs_in(newcomer, algorithm):
    newcomer.device = second_device(algorithms=(algorithm,))
    assert newcomer.add().status_code == 201
    assert newcomer.passkey.algorithm == algorithm
    newcomer.client = Client()
    assert newcomer.sign_in().status_code == 200


@pytest.mark.parametrize("algorithm", [-49, -50])
def test_larger_post_quantum_keys_work_when_they_are_offered(newcomer, settings, algorithm):
    newcomer.device = second_device(algorithms=(algorithm,))
    assert error_of(newcomer.add(Overrides(algorithm=algorithm))) == (400, "registration_refused")
    settings.HEARTHKEY_PASSKEYS_ALGORITHMS = [algorithm]
    assert newcomer.add().status_code == 201
    newcomer.client = Client()
    assert newcomer.sign_in().status_code == 200


# J07, V28
def test_an_algorithm_that_was_not_offered_is_refused(newcomer, heard, settings):
    settings.HEARTHKEY_PASSKEYS_ALGORITHMS = [-7, -257]
    for algorithm in (-8, -65535):
        assert error_of(newcomer.add(Overrides(algorithm=algorithm))) == (400, "registration_refused")
        assert "Unsupported credential public key alg" in heard.of(PasskeyRefused)[-1].detail
    assert newcomer.add(Overrides(algorithm=-7)).status_code == 201


# J07
def test_what_counts_is_what_this_ceremony_offered(newcomer, settings):
    begun = options(newcomer.client, ADD)
    credential = newcomer.device.create(begun["publicKey"], Overrides(algorithm=-8))
    settings.HEARTHKEY_PASSKEYS_ALGORITHMS = [-7]
    assert verify(newcomer.client, ADD, begun, credential).status_code == 201


# J02 J03 J04 J05 J06 J08 V41
@pytest.mark.parametrize(
    ("lie", "detail"),
    [
        (Overrides(type="webauthn.get"), "Unexpected client data type"),
        (Overrides(challenge=b"\x01" * 32), "challenge was not expected"),
        (Overrides(origin="https://badlocalhost:8000"), "Unexpected client data origin"),
        (Overrides(origin="http://localhost:80001"), "Unexpected client data origin"),
        (Overrides(origin="http://localhost"), "Unexpected client data origin"),
        (Overrides(origin="https://localhost:8000"), "Unexpected client data origin"),
        (Overrides(origin="http://localhost:8000.evil.example"), "Unexpected client data origin"),
        (Overrides(rp_id="evil.example"), "Unexpected RP ID hash"),
        (Overrides(cross_origin=True), "crossOrigin is set"),
        (Overrides(top_origin="https://evil.example"), "topOrigin is present"),
        (Overrides(user_present=False), "User presence was required"),
        (Overrides(user_verified=False), "User verification is required"),
        (Overrides(backup_eligible=False, backed_up=True), ""),
        (Overrides(attestation_format="packed", break_signature=True), ""),
        (Overrides(attestation_format="foo"), ""),
        (Overrides(attestation_statement={"sig": b"x"}), ""),
        (Overrides(posted_id=b"another id"), "posted id is not the attested one"),
    ],
)
def test_a_registration_with_one_thing_wrong_is_refused(newcomer, heard, lie, detail):
    assert error_of(newcomer.add(lie)) == (400, "registration_refused")
    refused = heard.of(PasskeyRefused)[-1]
    assert (refused.purpose, refused.user) == ("register", str(newcomer.user.pk))
    assert detail in refused.detail
    assert not newcomer.passkeys
    assert newcomer.add().status_code == 201


# J05
def test_without_verification_it_depends_on_the_policy(newcomer, settings):
    settings.HEARTHKEY_PASSKEYS_USER_VERIFICATION = "preferred"
    assert newcomer.add(Overrides(user_verified=False)).status_code == 201
    assert not newcomer.passkey.user_verified_at_registration


# J08
def test_a_self_attestation_is_verified_and_accepted(newcomer):
    assert newcomer.add(Overrides(attestation_format="packed")).status_code == 201
    assert newcomer.passkey.attestation_format == "packed"


# J09
def test_a_credential_id_has_at_most_1023_bytes(newcomer, heard):
    assert error_of(newcomer.add(Overrides(attested_id=b"x" * 1024))) == (400, "registration_refused")
    assert heard.of(PasskeyRefused)[-1].reason == "id_too_long"
    assert newcomer.add(Overrides(attested_id=b"x" * 1023)).status_code == 201


# J09
def test_a_credential_id_belongs_to_one_member_only(newcomer, owner):
    known = bytes(owner.passkey.credential_id)
    assert error_of(newcomer.add(Overrides(attested_id=known))) == (409, "already_registered")
    assert owner.passkey.user == owner.user
    assert newcomer.add(Overrides(attested_id=known[:-1])).status_code == 201


# J13
@pytest.mark.parametrize(
    "key",
    [
        encode_cbor({1: 2, 3: -7, -1: 1, -2: b"\x01" * 32, -3: b"\x01" * 32}),
        encode_cbor({1: 2, 3: -7, -1: 99, -2: b"\x01" * 32, -3: b"\x01" * 32}),
        encode_cbor({1: 2, 3: -7, -1: 3, -2: b"\x01" * 66, -3: b"\x01" * 66}),
        encode_cbor({1: 7, 3: -48, -1: b"short"}),
        encode_cbor({1: 1, 3: -8, -1: 6, -2: b"short"}),
        encode_cbor({1: 3, 3: -257, -1: b"\x01", -2: b"\x01\x00\x01"}),
        encode_cbor({1: 2, 3: -257, -1: 1, -2: b"\x01" * 32, -3: b"\x01" * 32}),
        encode_cbor({1: 99, 3: -7}),
        encode_cbor({}),
        encode_cbor([]),
        b"\x04" + b"\x01" * 64,
        b"\xff",
    ],
)
def test_a_key_that_could_never_sign_in_is_not_stored(newcomer, key):
    assert error_of(newcomer.add(Overrides(public_key=key))) == (400, "registration_refused")
    assert not newcomer.passkeys


# J13
@pytest.mark.parametrize("told", [{}, {"credProps": {}}, {"credProps": "yes"}, {"hmacCreateSecret": True}])
def test_missing_or_unsolicited_extensions_are_tolerated(newcomer, told):
    assert newcomer.add(Overrides(extension_results=told)).status_code == 201
    assert newcomer.passkey.discoverable is None


# J11
def test_a_key_that_is_not_discoverable_is_refused(newcomer):
    assert error_of(newcomer.add(Overrides(extension_results={"credProps": {"rk": False}}))) == (
        400,
        "not_discoverable",
    )
    assert newcomer.add(Overrides(extension_results={"credProps": {"rk": True}})).status_code == 201


# J11, V28
def test_known_passkeys_are_excluded_in_the_options_and_on_the_server(owner):
    owner.signed_in()
    begun = options(owner.client, ADD)
    (excluded,) = begun["publicKey"]["excludeCredentials"]
    assert base64url_to_bytes(excluded["id"]) == bytes(owner.passkey.credential_id)
    assert excluded["transports"] == ["internal", "hybrid"]
    with pytest.raises(soft.UnsuitableOptions):
        owner.device.create(begun["publicKey"])
    stripped = {**begun["publicKey"], "excludeCredentials": []}
    again = owner.device.create(stripped, Overrides(attested_id=bytes(owner.passkey.credential_id)))
    assert error_of(verify(owner.client, ADD, begun, again)) == (409, "already_registered")
    owner.device = second_device()
    assert owner.add().status_code == 201


# J12 L05
@pytest.mark.parametrize(("age", "status"), [(0, 201), (290, 201), (310, 403), (7200, 403)])
def test_another_passkey_needs_an_assertion_of_the_last_five_minutes(owner, age, status):
    owner.signed_in()
    owner.device = second_device()
    if status == 201:
        owner.age_assertion(age)
        assert owner.add().status_code == 201
    else:
        begun = options(owner.client, ADD)
        owner.age_assertion(age)
        assert error_of(post_json(owner.client, f"{ADD}/options", {})) == (403, "step_up_required")
        # Begun in time, finished too late: checked again at the insert.
        credential = owner.device.create(begun["publicKey"])
        assert error_of(verify(owner.client, ADD, begun, credential)) == (403, "step_up_required")
        assert len(owner.passkeys) == 1


# J12 L05 V4
@pytest.mark.parametrize("method", ["code", "setup", "device"])
def test_a_session_without_an_assertion_cannot_add_a_second_passkey(owner, method):
    owner.begin_session({"method": method, "at": int(time.time()), "passkey": None})
    assert error_of(post_json(owner.client, f"{ADD}/options", {})) == (403, "step_up_required")
    first, owner.device = owner.device, second_device()
    begun = options(owner.client, STEP_UP)
    assert verify(owner.client, STEP_UP, begun, first.get(begun["publicKey"])).status_code == 200
    assert owner.add().status_code == 201


# J12
def test_an_assertion_by_somebody_elses_passkey_does_not_count(owner, stranger, settings):
    settings.HEARTHKEY_ACCOUNTS_HOLD_PASSKEY = None  # the engine would not store such a session
    entry = {"method": "passkey", "at": int(time.time())}
    owner.begin_session({**entry, "passkey": str(stranger.passkey.pk)})
    assert error_of(post_json(owner.client, f"{ADD}/options", {})) == (403, "step_up_required")
    owner.begin_session({**entry, "passkey": str(owner.passkey.pk)})
    assert post_json(owner.client, f"{ADD}/options", {}).status_code == 200


# J12
@pytest.mark.parametrize(
    ("entry", "allowed"),
    [
        (None, True),
        ({"method": "setup"}, True),
        ({"method": "code"}, True),
        ({"method": "device"}, False),
        ({"method": "passkey", "at": 1}, False),
    ],
)
def test_who_may_enrol_the_first_passkey(entry, allowed):
    person = Person(make_user("someone"), Client(), second_device()).begin_session(entry)
    if allowed:
        assert person.add().status_code == 201
    else:
        assert error_of(post_json(person.client, f"{ADD}/options", {})) == (403, "enrolment_not_allowed")


# J12, V29
def test_a_setup_session_enrols_one_passkey_only(newcomer):
    first, second = options(newcomer.client, ADD), options(newcomer.client, ADD)
    other = second_device()
    added = verify(newcomer.client, ADD, first, newcomer.device.create(first["publicKey"]))
    assert added.status_code == 201
    response = verify(newcomer.client, ADD, second, other.create(second["publicKey"]))
    assert error_of(response) == (401, "sign_in_required")
    assert len(newcomer.passkeys) == 1


def test_the_site_may_decide_who_enrols_the_first_passkey(newcomer, settings):
    settings.HEARTHKEY_PASSKEYS_MAY_ENROL = f"{__name__}.nobody"
    assert error_of(post_json(newcomer.client, f"{ADD}/options", {})) == (403, "enrolment_not_allowed")


def nobody(user, entry, *, is_first):
    return False


# J12, V7
def test_nothing_but_a_session_registers(client, owner):
    for headers in ({}, {"Authorization": "Bearer x"}, {"X-API-Key": "x"}):
        for path in ("options", "verify"):
            response = client.post(f"{ADD}/{path}", "{}", content_type="application/json", headers=headers)
            assert error_of(response) == (401, "sign_in_required")


# J01
def test_a_ceremony_of_another_kind_is_refused(owner):
    owner.signed_in()
    begun = options(owner.client, SIGN_IN)
    made = second_device().create(
        {**options(owner.client, ADD)["publicKey"], "challenge": begun["publicKey"]["challenge"]}
    )
    assert error_of(verify(owner.client, ADD, begun, made)) == (400, "ceremony_expired")
    begun = options(owner.client, ADD)
    used = owner.device.get({"challenge": begun["publicKey"]["challenge"], "rpId": "localhost"})
    assert error_of(verify(owner.client, SIGN_IN, begun, used)) == (400, "ceremony_expired")
    begun = options(owner.client, SIGN_IN)
    assert error_of(verify(owner.client, STEP_UP, begun, owner.device.get(begun["publicKey"]))) == (
        400,
        "ceremony_expired",
    )


# J01
def test_a_ceremony_belongs_to_the_member_who_began_it(owner, stranger):
    owner.signed_in()
    begun = options(owner.client, ADD)
    credential = second_device().create(begun["publicKey"])
    owner.client.force_login(stranger.user)
    owner.begin_session({"method": "passkey", "at": int(time.time()), "passkey": str(owner.passkey.pk)})
    stranger.client = owner.client
    stranger.begin_session({"method": "passkey", "at": int(time.time()), "passkey": str(stranger.passkey.pk)})
    assert error_of(verify(stranger.client, ADD, begun, credential)) == (400, "ceremony_expired")
    assert not Ceremony.objects.filter(kind="register").exists()


def test_a_member_disabled_meanwhile_enrols_nothing(newcomer, settings):
    begun = options(newcomer.client, ADD)
    newcomer.user.is_active = False
    newcomer.user.save()
    assert verify(newcomer.client, ADD, begun, newcomer.device.create(begun["publicKey"])).status_code == 401
    assert not Passkey.objects.exists()


def test_names_are_plain_words_and_do_not_repeat(newcomer):
    newcomer.add()
    assert newcomer.passkey.name == "My passkey"
    newcomer.client = Client()
    newcomer.signed_in()
    first = newcomer.device
    newcomer.device = second_device()
    newcomer.add()
    newcomer.device = second_device(attachment="cross-platform", transports=("usb",), backup_eligible=False)
    newcomer.add()
    assert [passkey.name for passkey in newcomer.passkeys] == ["My passkey", "My passkey 2", "Security key"]
    assert first.credentials


def test_hostile_transports_are_not_stored(newcomer):
    odd = ("usb", "\x00", "x" * 40, "USB", "usb", *(f"t{'a' * number}" for number in range(20)))
    assert newcomer.add(Overrides(transports=odd)).status_code == 201
    assert len(newcomer.passkey.transports) == 8
    assert newcomer.passkey.transports[0] == "usb"


def test_an_unknown_attachment_is_ignored(newcomer):
    newcomer.device.attachment = "brain-implant"
    assert newcomer.add().status_code == 201
    assert newcomer.passkey.attachment == ""


@pytest.mark.parametrize("wanted", ["/admin/", "https://evil.example/", "//evil.example/"])
def test_a_page_that_needs_a_passkey_offers_no_going_on_without_one(newcomer, wanted):
    newcomer.begin_setup_session()
    page = newcomer.client.get("/account/passkeys/first", {"required": "1", "next": wanted}).content.decode()
    assert "opens with a passkey only" in page
    assert "Skip for now" not in page
    assert '<a class="button quiet" href="/account/passkeys/">Not now</a>' in page
    assert "evil" not in page
    assert "Skip for now" in newcomer.client.get("/account/passkeys/first", {"next": wanted}).content.decode()

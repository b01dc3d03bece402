"""Signing in with a passkey: who gets in, and what is recorded."""

from __future__ import annotations

import time

import pytest
from django.test import Client

from passkeys.models import Ceremony
from passkeys.signals import BackupStateChanged, PasskeyRefused, PasskeyUsed
from passkeys.testing import Overrides
from tests.support.passkeys.world import SIGN_IN, error_of, options, verify

pytestmark = pytest.mark.django_db


def test_a_passkey_signs_its_owner_in(owner, heard):
    before = owner.client.session.session_key
    response = owner.sign_in()
    assert response.status_code == 200
    assert response.json() == {"next": "/account/passkeys/"}
    assert owner.client.session["_auth_user_id"] == str(owner.user.pk)
    assert owner.client.session.session_key != before
    assert owner.entry["method"] == "passkey"
    assert owner.entry["passkey"] == str(owner.passkey.pk)
    assert abs(owner.entry["at"] - time.time()) < 5
    assert owner.passkey.last_used_at is not None
    (used,) = heard.of(PasskeyUsed)
    assert (used.user, used.passkey, used.purpose) == (str(owner.user.pk), str(owner.passkey.pk), "sign_in")


def test_the_options_name_nobody_and_require_verification(owner):
    begun = options(Client(), SIGN_IN)["publicKey"]
    assert begun["rpId"] == "localhost"
    assert begun["allowCredentials"] == []
    assert begun["userVerification"] == "required"
    assert begun["timeout"] == 300_000


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("/account/passkeys/first?x=1", "/account/passkeys/first?x=1"),
        ("https://evil.example/", "/account/passkeys/"),
        ("//evil.example/", "/account/passkeys/"),
        ("javascript:alert(1)", "/account/passkeys/"),
        (["/"], "/account/passkeys/"),
        (None, "/account/passkeys/"),
    ],
)
def test_the_way_on_stays_on_this_host(owner, wanted, reached):
    assert owner.sign_in(next=wanted).json()["next"] == reached


# K02
@pytest.mark.parametrize("handle", [b"", b"x" * 64, b"\x00"])
def test_a_wrong_or_missing_user_handle_is_refused(owner, heard, handle):
    assert error_of(owner.sign_in(Overrides(user_handle=handle))) == (400, "refused")
    assert heard.of(PasskeyRefused)[-1].reason == "user_handle"
    assert not owner.is_signed_in
    assert owner.sign_in().status_code == 200


# K02
def test_the_handle_of_another_member_is_refused(owner, stranger):
    foreign = stranger.device.credentials[0].user_handle
    assert error_of(owner.sign_in(Overrides(user_handle=foreign))) == (400, "refused")
    assert not owner.is_signed_in


# K03 K04 K05 V6 V41
@pytest.mark.parametrize(
    ("lie", "detail"),
    [
        (Overrides(type="webauthn.create"), "Unexpected client data type"),
        (Overrides(challenge=b"\x01" * 32), "challenge was not expected"),
        (Overrides(origin="https://badlocalhost:8000"), "Unexpected client data origin"),
        (Overrides(origin="http://localhost:8001"), "Unexpected client data origin"),
        (Overrides(origin="https://localhost:8000"), "Unexpected client data origin"),
        (Overrides(origin="http://localhost:8000/"), "Unexpected client data origin"),
        (Overrides(origin="http://localhost:8000.evil.example"), "Unexpected client data origin"),
        (Overrides(rp_id="evil.example"), "Unexpected RP ID hash"),
        (Overrides(cross_origin=True), "crossOrigin is set"),
        (Overrides(top_origin="https://evil.example"), "topOrigin is present"),
        (Overrides(user_present=False), "User was not present"),
        (Overrides(user_verified=False), "User verification is required"),
        (Overrides(backup_eligible=False, backed_up=True), ""),
        (Overrides(backup_eligible=False, backed_up=False), "backup eligibility"),
        (Overrides(break_signature=True), "Could not verify authentication signature"),
        (Overrides(authenticator_data=b"\x00" * 36), "authenticatorData was malformed"),
    ],
)
def test_an_assertion_with_one_thing_wrong_is_refused(owner, heard, lie, detail):
    response = owner.sign_in(lie)
    assert error_of(response) == (400, "refused")
    assert not owner.is_signed_in
    refused = heard.of(PasskeyRefused)[-1]
    assert refused.purpose == "sign_in"
    assert detail in refused.detail
    assert owner.sign_in().status_code == 200


# K06
@pytest.mark.parametrize("part", ["authenticatorData", "clientDataJSON", "signature"])
def test_one_flipped_bit_anywhere_breaks_the_signature(owner, part):
    begun = options(owner.client, SIGN_IN)
    credential = owner.device.get(begun["publicKey"])
    value = credential["response"][part]
    middle = len(value) // 2
    credential["response"][part] = value[:middle] + ("A" if value[middle] != "A" else "B") + value[middle + 1 :]
    assert error_of(verify(owner.client, SIGN_IN, begun, credential)) == (400, "refused")


# K05
def test_the_backup_state_follows_the_passkey(owner, heard):
    assert owner.passkey.backed_up
    assert owner.sign_in(Overrides(backed_up=False)).status_code == 200
    assert not owner.passkey.backed_up
    (changed,) = heard.of(BackupStateChanged)
    assert not changed.backed_up


# K04
def test_without_verification_it_depends_on_the_policy(owner, settings):
    settings.HEARTHKEY_PASSKEYS_USER_VERIFICATION = "preferred"
    assert owner.sign_in(Overrides(user_verified=False)).status_code == 200


# K08 J01 V9
def test_a_refused_answer_uses_its_ceremony_up(owner):
    begun = options(owner.client, SIGN_IN)
    bad = owner.device.get(begun["publicKey"], Overrides(break_signature=True))
    good = owner.device.get(begun["publicKey"])
    assert error_of(verify(owner.client, SIGN_IN, begun, bad)) == (400, "refused")
    assert error_of(verify(owner.client, SIGN_IN, begun, good)) == (400, "ceremony_expired")
    assert not Ceremony.objects.filter(kind=Ceremony.Kind.SIGN_IN).exists()


# J01, V9
def test_an_accepted_answer_is_not_accepted_again(owner):
    begun = options(owner.client, SIGN_IN)
    credential = owner.device.get(begun["publicKey"])
    assert verify(owner.client, SIGN_IN, begun, credential).status_code == 200
    assert error_of(verify(owner.client, SIGN_IN, begun, credential)) == (400, "ceremony_expired")


# J01
def test_another_browser_cannot_finish_a_ceremony(owner):
    begun = options(owner.client, SIGN_IN)
    credential = owner.device.get(begun["publicKey"])
    thief = Client()
    options(thief, SIGN_IN)
    assert error_of(verify(thief, SIGN_IN, begun, credential)) == (400, "ceremony_expired")


# J01
def test_a_ceremony_is_good_for_330_seconds(owner):
    for seconds, status in ((1, 200), (-1, 400)):
        begun = options(owner.client, SIGN_IN)
        ceremony = Ceremony.objects.get(kind=Ceremony.Kind.SIGN_IN)
        assert 329 <= ceremony.expires_at.timestamp() - time.time() <= 331
        assert len(bytes(ceremony.challenge)) >= 16
        ceremony.expires_at = ceremony.expires_at.fromtimestamp(time.time() + seconds, tz=ceremony.expires_at.tzinfo)
        ceremony.save()
        assert verify(owner.client, SIGN_IN, begun, owner.device.get(begun["publicKey"])).status_code == status


# K07
def test_a_counter_must_go_up(owner, heard):
    assert owner.sign_in(Overrides(sign_count=5)).status_code == 200
    for count in (5, 4, 0):
        assert error_of(owner.sign_in(Overrides(sign_count=count))) == (400, "refused")
        assert heard.of(PasskeyRefused)[-1].reason == "counter_regressed"
    assert owner.passkey.sign_count == 5
    assert owner.passkey.counter_regressed_at is not None
    assert owner.sign_in(Overrides(sign_count=6)).status_code == 200


# K07
def test_a_counter_that_went_back_may_only_be_flagged(owner, settings):
    settings.HEARTHKEY_PASSKEYS_COUNTER_POLICY = "flag"
    assert owner.sign_in(Overrides(sign_count=5)).status_code == 200
    assert owner.sign_in(Overrides(sign_count=5)).status_code == 200
    assert owner.passkey.counter_regressed_at is not None


# K07
def test_a_broken_signature_never_reaches_the_counter(owner, heard):
    assert owner.sign_in(Overrides(sign_count=5)).status_code == 200
    assert error_of(owner.sign_in(Overrides(sign_count=4, break_signature=True))) == (400, "refused")
    assert heard.of(PasskeyRefused)[-1].reason == "verification"
    assert owner.passkey.counter_regressed_at is None


# K07
def test_the_largest_counter_fits(owner):
    assert owner.sign_in(Overrides(sign_count=2**32 - 1)).status_code == 200
    assert owner.passkey.sign_count == 2**32 - 1


# K07 K09 V22
def test_a_disabled_member_stays_out_and_the_counter_stands_still(owner, heard):
    owner.user.is_active = False
    owner.user.save()
    assert error_of(owner.sign_in(Overrides(sign_count=9))) == (400, "refused")
    assert heard.of(PasskeyRefused)[-1].reason == "disabled"
    assert owner.passkey.sign_count == 0
    owner.user.is_active = True
    owner.user.save()
    assert owner.sign_in(Overrides(sign_count=9)).status_code == 200


def test_a_passkey_of_a_former_domain_signs_nobody_in(owner):
    owner.passkey.__class__.objects.update(rp_id="old.example.org")
    assert error_of(owner.sign_in()) == (400, "refused")


def test_the_page_has_one_button_and_says_what_is_needed(client):
    response = client.get("/login?next=/account/passkeys/first")
    page = response.content.decode()
    assert page.count("<button") == 1
    assert "Sign in with a passkey" in page
    assert "<noscript>" in page
    assert 'role="status"' in page
    assert 'data-next="/account/passkeys/first"' in page
    assert "no-store" in response["Cache-Control"]
    assert response["Cross-Origin-Opener-Policy"] == "unsafe-none"
    assert " style=" not in page
    assert "<script>" not in page


def test_who_is_signed_in_already_goes_on(owner):
    owner.signed_in()
    assert owner.client.get("/login?next=/account/passkeys/first")["Location"] == "/account/passkeys/first"

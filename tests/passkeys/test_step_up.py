"""Confirming with a passkey, inside a session."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.test import Client, RequestFactory
from webauthn.helpers import base64url_to_bytes

from passkeys.signals import PasskeyRefused, PasskeyUsed
from passkeys.testing import SoftAuthenticator
from passkeys.views import require_fresh
from tests.support.passkeys.world import ORIGIN, STEP_UP, Person, error_of, make_user, options, post_json, verify

pytestmark = pytest.mark.django_db


def test_a_step_up_renews_the_entry_and_the_session_key(owner, heard):
    owner.signed_in().age_assertion(3600)
    before = owner.client.session.session_key
    assert owner.step_up().status_code == 200
    assert owner.client.session.session_key != before
    assert abs(owner.entry["at"] - time.time()) < 5
    assert owner.entry["passkey"] == str(owner.passkey.pk)
    assert heard.of(PasskeyUsed)[-1].purpose == "step_up"


def test_a_step_up_makes_a_code_session_a_passkey_session(owner):
    owner.begin_session({"method": "code", "at": None, "passkey": None})
    assert owner.step_up().status_code == 200
    assert owner.entry["method"] == "passkey"


def test_only_own_passkeys_are_allowed_in_the_options(owner, stranger):
    owner.signed_in()
    allowed = options(owner.client, STEP_UP)["publicKey"]["allowCredentials"]
    assert [base64url_to_bytes(entry["id"]) for entry in allowed] == [bytes(owner.passkey.credential_id)]


# K01
def test_the_passkey_of_another_member_is_refused(owner, stranger, heard):
    owner.signed_in().age_assertion(3600)
    begun = options(owner.client, STEP_UP)
    (foreign,) = stranger.device.credentials
    answer = stranger.device.get(begun["publicKey"], credential=foreign)
    assert error_of(verify(owner.client, STEP_UP, begun, answer)) == (400, "refused")
    assert owner.entry["at"] < time.time() - 3000
    refused = heard.of(PasskeyRefused)[-1]
    assert (refused.reason, refused.user) == ("foreign", str(owner.user.pk))
    assert owner.step_up().status_code == 200


def test_somebody_without_a_passkey_cannot_step_up(db):
    person = Person(make_user("nobody"), Client(), SoftAuthenticator(origin=ORIGIN)).begin_setup_session()
    assert error_of(post_json(person.client, f"{STEP_UP}/options", {})) == (403, "enrolment_not_allowed")
    assert "none yet" in person.client.get(STEP_UP).content.decode()


def test_step_up_is_for_members_only(client):
    assert error_of(post_json(client, f"{STEP_UP}/options", {})) == (401, "sign_in_required")
    assert client.get(f"{STEP_UP}?next=/x")["Location"].startswith("/login?next=")


def request_of(person, path="/somewhere?a=1"):
    request = RequestFactory().get(path)
    request.session, request.user = person.client.session, person.user
    return request


@pytest.mark.parametrize(("age", "passes"), [(0, True), (55, True), (65, False), (-30, True), (-120, False)])
def test_require_fresh_measures_from_the_last_assertion(owner, age, passes):
    owner.signed_in().age_assertion(age)
    answer = require_fresh(request_of(owner), timedelta(seconds=60))
    if passes:
        assert answer is None
    else:
        assert answer["Location"] == "/account/confirm?next=%2Fsomewhere%3Fa%3D1"


@pytest.mark.parametrize(
    "entry", [None, {}, "x", {"method": "code", "at": 10**12, "passkey": "x"}, {"method": "passkey"}]
)
def test_require_fresh_is_not_satisfied_by_anything_else(owner, entry, settings):
    settings.HEARTHKEY_ACCOUNTS_HOLD_PASSKEY = None  # the engine would not store such a session
    owner.client.force_login(owner.user)
    session = owner.client.session
    session["hearthkey_auth"] = entry
    session.save()
    assert require_fresh(request_of(owner), timedelta(days=10_000)) is not None


def test_require_fresh_is_not_satisfied_by_a_passkey_that_is_gone(owner):
    owner.signed_in()
    assert require_fresh(request_of(owner), timedelta(minutes=1)) is None
    owner.passkey.delete()
    assert require_fresh(request_of(owner), timedelta(minutes=1)) is not None


@pytest.mark.parametrize(
    ("back", "leads_to"),
    [
        ("/authorize/1/leave", "/authorize/1/leave"),
        ("https://evil.example/", "/account/passkeys/"),
        ("//evil.example/", "/account/passkeys/"),
        ("javascript:alert(1)", "/account/passkeys/"),
        ("", "/account/passkeys/"),
    ],
)
def test_turning_back_leads_to_pages_of_this_host_only(owner, back, leads_to):
    page = owner.signed_in().client.get(STEP_UP, {"back": back}).content.decode()
    assert f'<a href="{leads_to}">Cancel</a>' in page
    assert f'<a href="{leads_to}">Not you?</a>' in page
    assert "Not you?" not in owner.client.get(STEP_UP).content.decode()

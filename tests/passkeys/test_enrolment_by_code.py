"""A session of an operator's code may add one passkey; one that was asked for by mail only the first."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.test import Client

from passkeys.models import Ceremony, Passkey, SpentEnrolment, digest
from passkeys.signals import PasskeyUsed
from passkeys.testing import SoftAuthenticator
from tests.support.passkeys.world import ADD, ORIGIN, Person, error_of, make_user, options, post_json, verify
from tests.support.racing import at_once

pytestmark = pytest.mark.django_db

DISTANT = {"method": "code", "at": None, "passkey": None, "source": "operator", "enrolment": "of this session"}
MAILED = {**DISTANT, "source": "mail"}


def newcomer(username: str = "ada") -> Person:
    return Person(make_user(username), Client(), SoftAuthenticator(origin=ORIGIN))


def locked_out() -> Person:
    """Return somebody who has a passkey, on a device that is not here."""
    person = newcomer().enrolled()
    person.device = SoftAuthenticator(origin=ORIGIN)
    Ceremony.objects.all().delete()
    return person


# J12
@pytest.mark.parametrize(
    ("entry", "has_one", "answer"),
    [
        (DISTANT, False, None),
        (DISTANT, True, None),
        (MAILED, False, None),
        (MAILED, True, "step_up_required"),
        ({**DISTANT, "method": "setup", "source": "sign_up"}, False, None),
        ({**DISTANT, "method": "setup", "source": "sign_up"}, True, "step_up_required"),
        ({**DISTANT, "method": "device"}, False, "enrolment_not_allowed"),
        ({**DISTANT, "enrolment": ""}, False, None),
        ({**DISTANT, "enrolment": ""}, True, "step_up_required"),
        ({**DISTANT, "enrolment": 7}, True, "step_up_required"),
    ],
)
def test_which_session_may_add_a_passkey(entry: dict[str, Any], has_one: bool, answer: str | None) -> None:
    person = (locked_out() if has_one else newcomer()).begin_session(entry)
    if answer is None:
        assert person.add().status_code == 201
    else:
        assert error_of(post_json(person.client, f"{ADD}/options", {})) == (403, answer)
    assert len(person.passkeys) == has_one + (answer is None)


# L05
def test_enrolling_ends_the_session_and_the_passkeys_first_use_begins_another() -> None:
    person = locked_out().begin_session(DISTANT)
    thief = Client()
    thief.cookies.update(person.client.cookies)
    added = person.add()
    assert not person.is_signed_in
    assert thief.get("/account/passkeys/").status_code == 302
    response = person.use_first(added, next="/account/passkeys/")
    assert response.status_code == 200
    assert person.is_signed_in
    assert person.entry["method"] == "passkey"
    assert person.entry["passkey"] == str(person.passkeys[-1].pk)
    assert time.time() - person.entry["at"] < 5
    # And now a step-up passes.
    assert person.add_another().status_code == 201


def test_the_first_use_is_told_as_a_sign_in(heard: Any) -> None:
    person = newcomer().begin_session(DISTANT)
    person.use_first(person.add())
    assert [event.purpose for event in heard.of(PasskeyUsed)] == ["sign_in"]


def test_the_first_use_takes_the_members_own_passkey_in_the_same_browser_once() -> None:
    person, mallory = newcomer().begin_session(DISTANT), newcomer("mallory").enrolled()
    added = person.add()
    begun = added.json()["firstUse"]
    credential = person.device.get(begun["publicKey"])
    body = {"ceremony": begun["ceremony"], "credential": credential}
    # Another browser: refused, and used up.
    assert error_of(post_json(Client(), f"{ADD}/confirm", body)) == (400, "ceremony_expired")
    assert error_of(post_json(person.client, f"{ADD}/confirm", body)) == (400, "ceremony_expired")
    assert not person.is_signed_in
    # Another member's passkey.
    person.begin_session({**DISTANT, "enrolment": "another"})
    person.device = SoftAuthenticator(origin=ORIGIN)
    begun = person.add().json()["firstUse"]
    foreign = mallory.device.get({**begun["publicKey"], "allowCredentials": []})
    body = {"ceremony": begun["ceremony"], "credential": foreign}
    assert error_of(post_json(person.client, f"{ADD}/confirm", body)) == (400, "refused")
    assert not person.is_signed_in


def test_a_session_of_a_passkey_does_not_end() -> None:
    person = newcomer().enrolled().signed_in()
    response = person.add_another()
    assert response.status_code == 201
    assert "firstUse" not in response.json()
    assert person.is_signed_in


# J12
def test_an_enrolment_is_good_for_one_passkey_also_where_its_session_lives_on() -> None:
    person = locked_out().begin_session(DISTANT)
    assert person.add().status_code == 201
    person.device = SoftAuthenticator(origin=ORIGIN)
    person.begin_session(DISTANT)
    assert error_of(post_json(person.client, f"{ADD}/options", {})) == (403, "enrolment_spent")
    person.begin_session({**DISTANT, "enrolment": "of another code"})
    assert person.add().status_code == 201


def test_a_refused_passkey_spends_no_enrolment() -> None:
    person = locked_out().begin_session(DISTANT)
    begun = options(person.client, ADD)
    other = options(person.client, ADD)
    wrong = verify(person.client, ADD, begun, person.device.create(other["publicKey"]))
    assert error_of(wrong) == (400, "registration_refused")
    assert not SpentEnrolment.objects.exists()
    assert person.is_signed_in
    assert person.add().status_code == 201


# J12
@pytest.mark.parametrize(("age", "status"), [(2 * 3600, 403), (60, 200)])
def test_a_passkeys_session_of_two_hours_must_confirm_first(age: int, status: int) -> None:
    person = newcomer().enrolled().signed_in()
    person.age_assertion(age)
    assert post_json(person.client, f"{ADD}/options", {}).status_code == status


# J12, L06
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("has_one", [False, True])
def test_of_many_simultaneous_enrolments_one_works(has_one: bool) -> None:
    person = (locked_out() if has_one else newcomer()).begin_session(DISTANT)
    cookies = person.client.cookies
    attempts = []
    for _ in range(12):
        begun = options(person.client, ADD)
        credential = SoftAuthenticator(origin=ORIGIN).create({**begun["publicKey"], "excludeCredentials": []})
        client = Client()
        client.cookies.update(cookies)
        attempts.append((client, begun, credential))
    statuses = at_once([lambda a=attempt: verify(a[0], ADD, a[1], a[2]).status_code for attempt in attempts])
    assert statuses.count(201) == 1
    assert set(statuses) <= {201, 401, 403}
    assert Passkey.objects.filter(user=person.user).count() == has_one + 1


def test_the_page_offers_it_while_it_is_good() -> None:
    page = "/account/passkeys/first?next=/account/passkeys/"
    person = locked_out().begin_session(DISTANT)
    text = person.client.get(page).content.decode()
    assert "Adding one ends this session" in text
    person.begin_session(MAILED)
    assert person.client.get(page).status_code == 302
    SpentEnrolment.objects.create(pk=digest(str(DISTANT["enrolment"]).encode()))
    person.begin_session(DISTANT)
    assert person.client.get(page).status_code == 302

"""What holds when two requests arrive at the same instant. Each thread has a connection of its own."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.test import Client

from passkeys.exceptions import PasskeyError
from passkeys.models import Passkey
from passkeys.services.manage import remove_passkey_of_member
from passkeys.testing import Overrides, SoftAuthenticator
from tests.support.passkeys.world import ADD, ORIGIN, SIGN_IN, Person, make_user, options, verify
from tests.support.racing import at_once

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "/account/passkeys/"


def status(client: Client, base: str, begun: Any, answer: Any) -> int:
    return int(verify(client, base, begun, answer).status_code)


def remove_own(client: Client, passkey: Passkey) -> int:
    return client.post(f"{LIST}{passkey.pk}/remove").status_code


def twin(person: Person) -> Client:
    """Another client of the same browser: it shares every cookie."""
    client = Client()
    client.cookies = person.client.cookies.copy()
    return client


def member(name: str, **fields: Any) -> Person:
    return Person(make_user(name, **fields), Client(), SoftAuthenticator(origin=ORIGIN)).enrolled()


# J01 K08 V9
def test_of_twelve_replays_one_is_accepted():
    owner = member("owner")
    for _ in range(3):
        begun = options(owner.client, SIGN_IN)
        answer = owner.device.get(begun["publicKey"])
        clients = [twin(owner) for _ in range(12)]
        statuses = at_once([partial(status, client, SIGN_IN, begun, answer) for client in clients])
        assert sorted(statuses) == [200] + [400] * 11


# K10
@pytest.mark.parametrize("round_number", range(3))
def test_of_two_last_passkeys_removed_at_once_one_stays(round_number):
    owner = member("owner").signed_in()
    owner.device = SoftAuthenticator(origin=ORIGIN)
    assert owner.add().status_code == 201
    statuses = at_once([partial(remove_own, twin(owner), passkey) for passkey in owner.passkeys])
    assert statuses.count(200) == 1
    assert len(owner.passkeys) == 1


# K07
def test_of_two_assertions_with_one_counter_one_is_accepted():
    owner = member("owner")
    for count in (5, 6, 7):
        browsers = [Client(), Client()]
        answers = []
        for browser in browsers:
            begun = options(browser, SIGN_IN)
            answers.append((browser, begun, owner.device.get(begun["publicKey"], Overrides(sign_count=count))))
        statuses = at_once([partial(status, browser, SIGN_IN, begun, answer) for browser, begun, answer in answers])
        assert sorted(statuses) == [200, 400]
        assert owner.passkey.sign_count == count


# J09
def test_one_credential_id_registered_by_two_members_at_once_is_stored_once():
    answers = []
    for name in ("one", "two"):
        person = Person(make_user(name), Client(), SoftAuthenticator(origin=ORIGIN)).begin_setup_session()
        begun = options(person.client, ADD)
        made = person.device.create(begun["publicKey"], Overrides(attested_id=b"the very same id"))
        answers.append((person.client, begun, made))
    statuses = at_once([partial(status, client, ADD, begun, made) for client, begun, made in answers])
    assert sorted(statuses) == [201, 409]
    assert Passkey.objects.count() == 1


# J12
def test_a_setup_session_enrols_one_first_passkey_even_at_once():
    person = Person(make_user("new"), Client(), SoftAuthenticator(origin=ORIGIN)).begin_setup_session()
    answers = []
    for _ in range(6):
        begun = options(person.client, ADD)
        answers.append((begun, SoftAuthenticator(origin=ORIGIN).create(begun["publicKey"])))
    calls = [partial(status, twin(person), ADD, begun, made) for begun, made in answers]
    made_one, *late = sorted(at_once(calls))
    # Enrolling ends the session, so who comes later still is not even signed in.
    assert made_one == 201
    assert set(late) <= {401, 403}
    assert len(person.passkeys) == 1


# K10
def test_two_operators_cannot_take_each_others_last_passkey():
    one = member("one", is_superuser=True, is_staff=True)
    two = member("two", is_superuser=True, is_staff=True)

    def remove(actor: Person, target: Person) -> bool:
        try:
            remove_passkey_of_member(actor=actor.user, passkey=target.passkey)
        except PasskeyError:
            return False
        return True

    assert sorted(at_once([lambda: remove(one, two), lambda: remove(two, one)])) == [False, True]
    assert Passkey.objects.count() == 1


def test_removing_and_adding_at_once_leaves_a_passkey():
    owner = member("owner").signed_in()
    first = owner.passkey
    begun = options(owner.client, ADD)
    made = SoftAuthenticator(origin=ORIGIN).create(begun["publicKey"])
    adder, remover = twin(owner), twin(owner)
    at_once(
        [
            partial(status, adder, ADD, begun, made),
            partial(remove_own, remover, first),
        ]
    )
    assert owner.passkeys

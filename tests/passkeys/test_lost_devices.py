"""All devices lost: the machine's administrator takes the passkeys out, and a new one can come in."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from passkeys.signals import PasskeyRemoved, passkey_removed
from passkeys.testing import SoftAuthenticator
from tests.support.passkeys.world import ADD, ORIGIN, Person, error_of, make_user, options, post_json
from tests.support.racing import at_once

pytestmark = pytest.mark.django_db
CODE = {"method": "code", "at": None, "passkey": None}


def remove(name: str) -> str:
    out = StringIO()
    call_command("remove_passkeys", name, stdout=out)
    return out.getvalue()


def test_a_lone_administrator_whose_device_is_lost_comes_back(owner, heard):
    owner.user.is_superuser = True
    owner.user.save()
    owner.begin_session(CODE)
    assert error_of(post_json(owner.client, f"{ADD}/options", {})) == (403, "step_up_required")
    lost = owner.passkey
    # In any letter case, as operators type it.
    assert remove("OWNER") == "1 passkey removed\n"
    assert owner.passkeys == []
    (event,) = heard.of(PasskeyRemoved)
    assert (event.user, event.passkey, event.left, event.actor) == (str(owner.user.pk), str(lost.pk), 0, None)
    assert not owner.is_signed_in, "sessions begun with the lost device ended, and all others"
    assert owner.sign_in().status_code == 404
    owner.begin_session(CODE)
    owner.device = SoftAuthenticator(origin=ORIGIN)
    assert owner.add().status_code == 201


def test_it_says_how_many_and_touches_nobody_else(owner, stranger, heard):
    owner.signed_in()
    owner.device = SoftAuthenticator(origin=ORIGIN)
    assert owner.add().status_code == 201
    assert remove("owner") == "2 passkeys removed\n"
    assert [event.left for event in heard.of(PasskeyRemoved)] == [1, 0]
    assert len(stranger.passkeys) == 1
    assert remove("owner") == "0 passkeys removed\n"


def test_an_unknown_name_removes_nothing(owner):
    with pytest.raises(CommandError, match="There is no member 'nobody'"):
        remove("nobody")
    assert len(owner.passkeys) == 1


def test_the_page_that_asks_for_a_passkey_says_what_to_do_without_one(owner, stranger):
    page = owner.begin_session(CODE).client.get("/account/confirm").content.decode()
    assert "Lost them all? Ask the person who runs this service" in page
    assert options(owner.client, "/account/confirm")["publicKey"]["allowCredentials"]


def test_a_disabled_members_passkeys_go_too(owner, stranger):
    owner.user.is_active = False
    owner.user.save()
    assert remove("owner") == "1 passkey removed\n"
    assert len(stranger.passkeys) == 1


@pytest.mark.parametrize("name", ["owner@example.org", "", "own", "owner ", "%", "x" * 500])
def test_what_only_looks_like_the_name_removes_nothing(owner, name):
    with pytest.raises(CommandError):
        remove(name)
    assert len(owner.passkeys) == 1


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_remove_each_passkey_once():
    heard = []
    passkey_removed.connect(listener := lambda event, **_: heard.append(event.passkey))
    owner = Person(make_user("owner"), Client(), SoftAuthenticator(origin=ORIGIN)).enrolled().signed_in()
    owner.device = SoftAuthenticator(origin=ORIGIN)
    assert owner.add().status_code == 201
    expected = sorted(str(passkey.pk) for passkey in owner.passkeys)
    assert sorted(at_once([lambda: remove("owner")] * 2)) == ["0 passkeys removed\n", "2 passkeys removed\n"]
    assert sorted(heard) == expected
    passkey_removed.disconnect(listener)

"""All devices lost: the machine's administrator takes the passkeys out, and a new one can come in."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from passkeys.signals import PasskeyRemoved
from passkeys.testing import SoftAuthenticator
from tests.passkeys.world import ADD, ORIGIN, error_of, options, post_json

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

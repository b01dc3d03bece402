"""Who gets which mail, and when."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client, RequestFactory

from accounts.services.codes import create_code
from accounts.signals import LoginCodeSent, LoginCodeUsed, SignedIn, login_code_sent, login_code_used, signed_in
from config.requests import request_context
from config.wiring import mails
from mailer.models import Message
from mailer.services.encryption import decrypt
from passkeys.signals import (
    PasskeyRegistered,
    PasskeyRemoved,
    PasskeyUsed,
    passkey_registered,
    passkey_removed,
    passkey_used,
)
from tests.audit.test_origins import FIREFOX, SAFARI
from tests.support.audit.people import make
from tests.support.racing import at_once, numbered

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mail_is_on(settings: Any) -> None:
    settings.HEARTHKEY_MAILER_HOST = "smtp.example.com"


@contextlib.contextmanager
def request_from(
    agent: str = FIREFOX.format("128.0"), address: str = "192.168.1.9", user: Any = None
) -> Iterator[None]:
    request = RequestFactory().get("/", headers={"user-agent": agent})
    if user is not None:
        request.user = user
    token = request_context.enter(request_context.RequestContext("ref", address, request))
    try:
        yield
    finally:
        request_context.leave(token)


def used(user: Any, purpose: str = "sign_in") -> None:
    event = PasskeyUsed(user=str(user.pk), passkey="1", name="Phone", purpose=purpose, synced=True)
    passkey_used.send(sender=None, event=event)


def told() -> list[tuple[str, str]]:
    return [(message.kind, message.recipient) for message in Message.objects.all()]


def variables() -> dict[str, Any]:
    return decrypt(Message.objects.get().variables)


def test_a_sign_in_from_another_device_is_told_once() -> None:  # L09
    ada = make("ada", first_name="Ada")
    with request_from():
        used(ada)
        used(ada)
    assert told() == []
    with request_from(FIREFOX.format("140.0")):
        used(ada)
    assert told() == []
    with request_from(SAFARI):
        used(ada)
        used(ada)
    assert told() == [("new_sign_in", "ada@example.com")]
    given = variables()
    assert (given["device"], given["place"], given["address"]) == ("Safari on iPhone", "Local network", "192.168.1.9")
    assert given["account_url"].endswith("/account/")


def test_a_step_up_is_no_sign_in() -> None:
    ada = make("ada")
    with request_from():
        used(ada)
    with request_from(SAFARI):
        used(ada, "step_up")
        assert told() == []
        used(ada)
    assert told() == [("new_sign_in", "ada@example.com")]


def test_a_sign_in_without_a_passkey_counts_as_well() -> None:
    ada = make("ada")
    with request_from():
        signed_in.send(sender=None, event=SignedIn(user=str(ada.pk), method="setup"))
    with request_from(SAFARI):
        signed_in.send(sender=None, event=SignedIn(user=str(ada.pk), method="device"))
    assert told() == [("new_sign_in", "ada@example.com")]


@pytest.mark.django_db(transaction=True)
def test_two_sign_ins_at_once_send_one_mail() -> None:
    ada = make("ada")
    with request_from():
        used(ada)

    def sign_in(_number: int) -> None:
        with request_from(SAFARI), transaction.atomic():
            used(ada)

    at_once(numbered(6, sign_in))
    assert told() == [("new_sign_in", "ada@example.com")]


def test_a_new_passkey_and_a_removed_one_are_told() -> None:  # L09
    ada, olga = make("ada"), make("olga", is_superuser=True, is_staff=True)
    with request_from(user=ada):
        event = PasskeyRegistered(user=str(ada.pk), passkey="1", name="Phone", first=True)
        passkey_registered.send(sender=None, event=event)
    assert told() == [("passkey_added", "ada@example.com")]
    assert (variables()["passkey"], variables()["device"]) == ("Phone", "Firefox on Windows")
    Message.objects.all().delete()
    with request_from(user=olga):
        gone = PasskeyRemoved(user=str(ada.pk), passkey="1", name="Phone", left=1, actor=str(olga.pk))
        passkey_removed.send(sender=None, event=gone)
    assert told() == [("passkey_removed", "ada@example.com")]
    # Where an operator sits is none of the member's business.
    assert (variables()["by"], "address" in variables()) == ("olga", False)


@pytest.mark.parametrize(
    ("fields", "to"),
    [
        ({"email": "new@example.com", "verified_email": "old@example.com"}, ["old@example.com"]),
        ({"email": "new@example.com"}, ["new@example.com"]),
        ({"email": ""}, []),
    ],
)
def test_notices_go_to_the_verified_address_where_there_is_one(fields: dict[str, str], to: list[str]) -> None:
    ada = make("ada")
    type(ada).objects.filter(pk=ada.pk).update(**fields)
    event = PasskeyRegistered(user=str(ada.pk), passkey="1", name="Phone", first=True)
    passkey_registered.send(sender=None, event=event)
    assert [recipient for _kind, recipient in told()] == to


def test_a_code_that_an_operator_makes_is_told_with_their_name() -> None:
    ada, olga = make("ada"), make("olga", is_superuser=True, is_staff=True)
    with request_from(user=olga):
        made = create_code(user=ada, actor=olga)
    assert told() == [("login_code_notice", "ada@example.com")]
    assert (variables()["what"], variables()["by"]) == ("made", "olga")
    assert made.link.rpartition("/")[2] not in str(variables())
    assert made.code not in str(variables())


def test_a_code_that_was_used_is_told_with_where_and_whose_it_was() -> None:
    ada = make("ada")
    with request_from(SAFARI):
        event = LoginCodeUsed(user=str(ada.pk), how="shown", maker_name="olga")
        login_code_used.send(sender=None, event=event)
    given = variables()
    assert (given["what"], given["by"], given["device"]) == ("used", "olga", "Safari on iPhone")


@pytest.mark.parametrize(("to", "notices"), [("ADA@example.com", []), ("other@example.com", ["ada@example.com"])])
def test_a_mailed_code_tells_of_itself_unless_it_goes_elsewhere(to: str, notices: list[str]) -> None:
    ada, olga = make("ada"), make("olga", is_superuser=True)
    event = LoginCodeSent(user=str(ada.pk), how="mailed", to=to, actor=str(olga.pk))
    login_code_sent.send(sender=None, event=event)
    assert [recipient for _kind, recipient in told()] == notices


def test_the_mail_with_the_code_names_the_operator() -> None:
    ada, olga = make("ada"), make("olga")
    with request_from(user=olga):
        assert mails.send_mail("login_code", user=ada, to=ada.email, variables={"link": "https://x/lc/1"})
    assert variables()["by"] == "olga"
    Message.objects.all().delete()
    with request_from(user=ada):
        mails.send_mail("login_code", user=ada, to=ada.email, variables={"link": "https://x/lc/1"})
    assert variables()["by"] == ""


def test_a_code_that_was_asked_for_says_from_where() -> None:
    given = {"link": "l", "code": "c", "address": "10.0.0.1", "user_agent": SAFARI}
    ada = make("ada")
    assert mails.send_mail("login_code_requested", user=ada, to=ada.email, variables=given)
    found = variables()
    assert (found["device"], found["place"], found["address"]) == ("Safari on iPhone", "Local network", "10.0.0.1")
    assert "user_agent" not in found


@pytest.mark.parametrize(
    ("called", "greeted"),
    [
        ("Ada Lovelace", "Ada Lovelace"),
        ("Dr. Ada", "Dr. Ada"),
        ("Win at casino.example", ""),
        ("see http://x", ""),
        ("a@b", ""),
    ],
)
def test_a_name_that_mail_clients_would_link_is_not_greeted(called: str, greeted: str) -> None:  # M08
    ada = make("ada", display_name=called)
    mails.send_mail("verify_email", user=ada, to=ada.email, variables={"link": "https://x/verify-email/1"})
    assert variables()["name"] == greeted


@pytest.mark.parametrize("is_off", ["HOST", "KINDS_OFF"])
def test_where_mail_is_off_everything_else_goes_on(settings: Any, is_off: str) -> None:
    setattr(settings, f"HEARTHKEY_MAILER_{is_off}", "" if is_off == "HOST" else frozenset({"new_sign_in"}))
    ada = make("ada")
    for agent in (SAFARI, FIREFOX.format("1.0")):
        with request_from(agent):
            used(ada)
    assert told() == []
    assert mails.mail_is_on() is (is_off != "HOST")


def test_signing_in_by_a_link_through_the_pages_is_told_to_the_member() -> None:
    ada, olga = make("ada"), make("olga", is_superuser=True, is_staff=True)
    with request_from():
        used(ada)
    made = create_code(user=ada, actor=olga)
    browser = Client(headers={"user-agent": SAFARI})
    path = "/" + made.link.split("/", 3)[3]
    assert browser.get(path).status_code == 200
    assert browser.post(path).status_code in {302, 303}
    kinds = [kind for kind, _to in told()]
    assert sorted(kinds) == ["login_code_notice", "login_code_notice", "new_sign_in"]


def test_a_deleted_member_leaves_no_trace_of_where_they_were() -> None:
    from accounts.signals import MemberDeleted, member_deleted  # noqa: PLC0415
    from audit.models import SeenOrigin  # noqa: PLC0415

    ada = make("ada")
    with request_from():
        used(ada)
    assert SeenOrigin.objects.exists()
    member_deleted.send(sender=None, event=MemberDeleted(user=str(ada.pk), user_name="ada"))
    assert not SeenOrigin.objects.exists()

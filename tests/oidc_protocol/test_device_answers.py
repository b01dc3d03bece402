"""Approving and refusing a device, and who may (RFC 8628 §3.3, §5.4)."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Group, Permission

from oidc_clients.models import Consent, DeviceGrant
from oidc_clients.signals import access_denied, device_approved, device_refused
from tests.support.oidc_protocol.devices import (
    AGENT,
    QUESTION,
    answer,
    codes_of,
    confirm,
    enter,
    expire,
    heard,
    next_of,
    page_of,
    poll,
    press,
)
from tests.support.oidc_protocol.factories import consent_to, make_client, make_member, sign_in, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def listen() -> Any:
    told: list[Any] = []

    def hear(event: Any, **_kwargs: Any) -> None:
        told.append(event)

    signals = (device_approved, device_refused, access_denied)
    for signal in signals:
        signal.connect(hear)
    yield told
    for signal in signals:
        signal.disconnect(hear)


def test_approving_says_what_happened_and_is_told(listen: list[Any]) -> None:
    client, member = make_client(), make_member()
    codes = codes_of(client)
    page = page_of(answer(signed_in(member), "approve", codes["user_code"]))
    assert "You approved the sign-in" in page
    assert "You can go back to it now." in page
    assert set(Consent.objects.get().scopes) == {"openid", "profile", "email", "groups"}
    [event] = listen
    assert (type(event).__name__, event.user, event.client) == ("DeviceApproved", str(member.pk), client.client_id)
    assert (event.client_name, event.device_agent) == (client.name, AGENT)


def test_refusing_says_what_happened_and_is_told(listen: list[Any]) -> None:
    client, member = make_client(), make_member()
    codes = codes_of(client)
    page = page_of(answer(signed_in(member), "refuse", codes["user_code"]))
    assert "You refused the sign-in" in page
    assert not Consent.objects.exists()
    [event] = listen
    assert (type(event).__name__, event.user, event.client) == ("DeviceRefused", str(member.pk), client.client_id)


def test_an_answer_is_given_once(listen: list[Any]) -> None:
    client, member = make_client(), make_member()
    codes = codes_of(client)
    found = signed_in(member)
    answer(found, "refuse", codes["user_code"])
    late = press(found, "approve", codes["user_code"])
    assert "You refused the sign-in" in page_of(found.get(late.headers["Location"]))
    assert heard(poll(client, codes["device_code"])) == (400, "access_denied")
    assert len(listen) == 1


# F05
@pytest.mark.parametrize("skips", [True, False])
def test_it_is_asked_although_consent_was_given_or_is_skipped(skips: bool) -> None:
    client, member = make_client(skip_authorization=skips), make_member()
    consent_to(member, client)
    codes = codes_of(client)
    found = signed_in(member)
    page = page_of(found.get(enter(found, codes["user_code"]).headers["Location"]))
    assert QUESTION in page
    assert heard(poll(client, codes["device_code"])) == (400, "authorization_pending")
    press(found, "approve", codes["user_code"])
    assert poll(client, codes["device_code"]).status_code == 200


# F02, V48
def test_only_who_typed_the_code_may_see_and_answer_it() -> None:
    client, owner, colleague = make_client(), make_member(), make_member("colleague")
    codes = codes_of(client)
    first, second = signed_in(owner), signed_in(colleague)
    assert confirm(second, codes["user_code"]).status_code == 404, "nor anybody who has not typed it"
    assert enter(first, codes["user_code"]).status_code == 303
    for response in (
        enter(second, codes["user_code"]),
        confirm(second, codes["user_code"]),
        press(second, "approve", codes["user_code"]),
        press(second, "refuse", codes["user_code"]),
    ):
        assert response.status_code == 404
        assert client.name not in page_of(response)
        assert QUESTION not in page_of(response)
    press(second, "switch", codes["user_code"])
    assert DeviceGrant.objects.get().claimed_by == str(owner.pk)
    assert heard(poll(client, codes["device_code"])) == (400, "authorization_pending")
    assert press(first, "approve", codes["user_code"]).status_code == 303
    assert poll(client, codes["device_code"]).status_code == 200


def test_a_member_who_is_somebody_else_hands_the_code_on() -> None:
    client, owner, colleague = make_client(), make_member(), make_member("colleague")
    codes = codes_of(client)
    found = signed_in(owner)
    enter(found, codes["user_code"])
    assert next_of(press(found, "switch", codes["user_code"])) == f"/device?user_code={codes['user_code']}"
    assert "_auth_user_id" not in found.session
    assert enter(signed_in(colleague), codes["user_code"]).status_code == 303
    assert DeviceGrant.objects.get().claimed_by == str(colleague.pk)


@pytest.mark.parametrize("typed", ["BCDF-GHJK", "BCDF-GHJ", "BCDF-GHJKL", "AEIO-UAEI", "1234-5678", "", "💥", "\x00"])
def test_wrong_codes_are_all_the_same(typed: str) -> None:
    response = enter(signed_in(make_member()), typed)
    assert response.status_code == 404
    assert "No device is waiting with this code." in page_of(response)
    assert 'aria-invalid="true"' in page_of(response)


def test_a_code_of_another_kind_is_never_read_as_a_devices() -> None:
    """A code that begins with a digit is left for sign-ins of the site's own (docs/decisions)."""
    codes = codes_of(make_client())
    digit = "2" + codes["user_code"].replace("-", "")[1:]
    assert enter(signed_in(make_member()), digit).status_code == 404


def test_an_expired_code_can_be_neither_claimed_nor_answered() -> None:
    client, member = make_client(), make_member()
    waiting, claimed = codes_of(client), codes_of(client)
    found = signed_in(member)
    enter(found, claimed["user_code"])
    expire()
    assert enter(found, waiting["user_code"]).status_code == 404
    late = press(found, "approve", claimed["user_code"])
    assert "This code has expired" in page_of(found.get(late.headers["Location"]))
    assert not Consent.objects.exists()
    assert heard(poll(client, claimed["device_code"])) == (400, "expired_token")


def test_a_client_kept_from_devices_has_no_codes_any_more() -> None:
    client, member = make_client(), make_member()
    codes = codes_of(client)
    type(client).objects.update(allows_device_grant=False)
    assert enter(signed_in(member), codes["user_code"]).status_code == 404


# A16, B13, V15
def test_who_may_not_use_the_client_is_told_and_so_is_the_device(listen: list[Any]) -> None:
    client, member = make_client(groups=(Group.objects.create(name="family"),)), make_member()
    codes = codes_of(client)
    found = signed_in(member)
    response = enter(found, codes["user_code"])
    assert response.status_code == 403
    assert f"You don't have access to {client.name}" in page_of(response)
    assert "family" not in page_of(response), "the rule is for operators"
    assert heard(poll(client, codes["device_code"])) == (400, "access_denied")
    assert confirm(found, codes["user_code"]).status_code == 403
    [event] = listen
    assert (type(event).__name__, event.user, event.by_member) == ("AccessDenied", str(member.pk), False)


def test_a_superuser_is_not_exempt_but_sees_the_rule() -> None:
    client = make_client(groups=(Group.objects.create(name="family"),))
    root = make_member("root", is_superuser=True, is_staff=True)
    response = enter(signed_in(root), codes_of(client)["user_code"])
    assert response.status_code == 403
    assert "family" in page_of(response)


def test_an_operator_sees_the_rule() -> None:
    client, operator = make_client(groups=(Group.objects.create(name="family"),)), make_member("operator")
    operator.user_permissions.add(Permission.objects.get(codename="change_client", content_type__model="client"))
    assert "family" in page_of(enter(signed_in(operator), codes_of(client)["user_code"]))


# B13
def test_access_lost_while_the_page_stood_open_counts() -> None:
    group = Group.objects.create(name="family")
    client, member = make_client(groups=(group,)), make_member()
    member.groups.add(group)
    codes = codes_of(client)
    found = signed_in(member)
    enter(found, codes["user_code"])
    member.groups.clear()
    assert press(found, "approve", codes["user_code"]).status_code == 403
    assert not Consent.objects.exists()
    assert heard(poll(client, codes["device_code"])) == (400, "access_denied")


# A17
@pytest.mark.parametrize(("method", "age"), [("passkey", 3600), ("passkey", 90), ("code", 0), ("device", 0)])
def test_a_client_that_requires_a_fresh_passkey_asks_for_it_first(method: str, age: int) -> None:
    client, member = make_client(requires_fresh_passkey=True), make_member()
    codes = codes_of(client)
    found = signed_in(member, method=method, at=int(time.time()) - age)
    entered = enter(found, codes["user_code"])
    shown = page_of(found.get(entered.headers["Location"]))
    assert QUESTION in shown
    assert "Refuse" in shown
    assert "/device/approve" not in shown
    proof = f"/device/passkey?user_code={codes['user_code']}"
    assert f'href="{proof}"' in shown
    asked = parse_qs(urlsplit(found.get(proof).headers["Location"]).query)
    assert (asked["next"], asked["back"]) == ([proof], [entered.headers["Location"]])
    assert press(found, "approve", codes["user_code"]).headers["Location"] == proof
    assert heard(poll(client, codes["device_code"])) == (400, "authorization_pending")
    sign_in(found, member)
    assert found.get(proof).headers["Location"] == entered.headers["Location"]
    assert "/device/approve" in page_of(found.get(entered.headers["Location"]))
    press(found, "approve", codes["user_code"])
    assert poll(client, codes["device_code"]).status_code == 200


def test_refusing_needs_no_passkey() -> None:
    client, member = make_client(requires_fresh_passkey=True), make_member()
    codes = codes_of(client)
    found = signed_in(member, method="code")
    enter(found, codes["user_code"])
    press(found, "refuse", codes["user_code"])
    assert heard(poll(client, codes["device_code"])) == (400, "access_denied")


def test_a_passkey_used_just_before_is_fresh() -> None:  # A17
    client, member = make_client(requires_fresh_passkey=True), make_member()
    found = signed_in(member, at=int(time.time()) - 30)
    answer(found, "approve", codes_of(client)["user_code"])
    assert DeviceGrant.objects.get().status == DeviceGrant.AUTHORIZED

"""What a device hears when it polls (RFC 8628 §3.4, §3.5), and what it gets in the end."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group

from oidc_clients.models import AccessToken, Client, ClientSession, Consent, DeviceGrant, RefreshToken
from oidc_clients.protocol.token.checks import first_refusal
from oidc_clients.protocol.token.device_code import CHECKS, DeviceAttempt, DeviceState, DeviceStatus
from oidc_clients.services.access import revoke_consent
from oidc_clients.signals import token_refused
from tests.support.oidc_protocol.devices import (
    answer,
    approved,
    codes_of,
    device_tokens,
    enter,
    expire,
    heard,
    let_pass,
    poll,
    press,
)
from tests.support.oidc_protocol.factories import (
    ISSUER,
    make_client,
    make_member,
    refresh,
    signed_in,
    userinfo,
    verified_claims,
)

pytestmark = pytest.mark.django_db

PENDING, SLOW_DOWN = (400, "authorization_pending"), (400, "slow_down")
EXPIRED, DENIED, INVALID = (400, "expired_token"), (400, "access_denied"), (400, "invalid_grant")


# F04
@pytest.mark.parametrize(
    ("waits", "hears"),
    [
        ((), PENDING),
        ((5,), PENDING),
        ((3,), SLOW_DOWN),
        ((0,), SLOW_DOWN),
        ((3, 8), SLOW_DOWN),
        ((3, 10), PENDING),
        ((3, 8, 13), SLOW_DOWN),
        ((3, 8, 15), PENDING),
        ((3, 10, 8), SLOW_DOWN),
        ((5, 5, 5), PENDING),
    ],
    ids=str,
)
def test_timing_table(waits: tuple[int, ...], hears: tuple[int, str]) -> None:
    client = make_client()
    device_code = codes_of(client)["device_code"]
    last = poll(client, device_code)
    for seconds in waits:
        let_pass(seconds)
        last = poll(client, device_code)
    assert heard(last) == hears
    assert last.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("waited", "hears"), [(4.999, "slow_down"), (5.0, "authorization_pending")])
def test_the_interval_is_over_to_the_millisecond(waited: float, hears: str) -> None:  # F04
    grant = DeviceState(
        client_pk=1,
        status=DeviceStatus.PENDING,
        expires_at=900.0,
        polled_at=100.0,
        interval=5,
        is_redeemed=False,
    )
    refused = first_refusal(CHECKS, grant, DeviceAttempt(client_pk=1, may_use_grant=True, now=100.0 + waited))
    assert refused is not None
    assert refused.code == hears


def test_the_interval_grows_by_five_seconds_and_is_kept() -> None:  # F04
    client = make_client()
    device_code = codes_of(client)["device_code"]
    heard_first = [heard(poll(client, device_code)) for _ in range(4)]
    assert heard_first == [PENDING, SLOW_DOWN, SLOW_DOWN, SLOW_DOWN]
    assert DeviceGrant.objects.get().interval == 20


def test_a_device_that_polls_too_fast_gets_its_tokens_once_approved() -> None:
    client, member = make_client(), make_member()
    codes = codes_of(client)
    assert heard(poll(client, codes["device_code"])) == PENDING
    answer(signed_in(member), "approve", codes["user_code"])
    assert poll(client, codes["device_code"]).status_code == 200


def test_a_claimed_code_is_still_pending() -> None:
    client, member = make_client(), make_member()
    codes = codes_of(client)
    enter(signed_in(member), codes["user_code"])
    assert heard(poll(client, codes["device_code"])) == PENDING


def test_waiting_is_no_event_and_a_refusal_is_one() -> None:
    told: list[Any] = []

    def listen(event: Any, **_kwargs: Any) -> None:
        told.append(event)

    token_refused.connect(listen)
    try:
        client, member = make_client(), make_member()
        codes = codes_of(client)
        poll(client, codes["device_code"])
        poll(client, codes["device_code"])
        assert told == []
        answer(signed_in(member), "refuse", codes["user_code"])
        poll(client, codes["device_code"])
    finally:
        token_refused.disconnect(listen)
    [event] = told
    assert (event.client, event.reason) == (client.client_id, "refused")
    assert event.grant_type == "urn:ietf:params:oauth:grant-type:device_code"


def test_an_approved_device_gets_all_tokens_and_they_work() -> None:  # G01
    client, member = make_client(), make_member()
    before = int(time.time())
    tokens = device_tokens(member, client, scope="openid profile email offline_access")
    assert tokens["token_type"] == "Bearer"
    assert tokens["scope"] == "openid profile email offline_access"
    assert userinfo(tokens["access_token"]).json()["email"] == member.email
    claims = verified_claims(tokens["id_token"])
    assert (claims["iss"], claims["aud"], claims["sub"]) == (ISSUER, client.client_id, str(member.pk))
    # The device has no passkey: whoever got somebody to approve a code is signed in.
    assert (claims["amr"], claims["acr"]) == (["otp"], "0")
    assert before - 5 <= claims["auth_time"] <= time.time()
    assert "nonce" not in claims
    again = refresh(client, tokens["refresh_token"])
    assert again.status_code == 200
    renewed = verified_claims(again.json()["id_token"])
    assert [renewed[name] for name in ("auth_time", "sid", "amr", "acr")] == [
        claims[name] for name in ("auth_time", "sid", "amr", "acr")
    ]


def test_auth_time_is_when_the_approver_signed_in() -> None:
    client, member = make_client(), make_member()
    codes, at = codes_of(client), int(time.time()) - 3600
    answer(signed_in(member, at=at), "approve", codes["user_code"])
    claims = verified_claims(poll(client, codes["device_code"]).json()["id_token"])
    assert claims["auth_time"] == at


def test_each_device_is_a_session_of_its_own() -> None:
    client, member = make_client(), make_member()
    browser_ = signed_in(member)
    sids = set()
    for _ in range(2):
        codes = codes_of(client)
        answer(browser_, "approve", codes["user_code"])
        tokens = poll(client, codes["device_code"]).json()
        sids.add(verified_claims(tokens["id_token"])["sid"])
    assert len(sids) == 2
    assert browser_.session.sid not in sids
    sessions = ClientSession.objects.filter(client=client, user=member, kind=ClientSession.Kind.DEVICE)
    assert {session.sid for session in sessions} == sids
    assert set(AccessToken.objects.values_list("sid", flat=True)) == sids
    # Whoever signs out in the browser leaves the device signed in.
    browser_.logout()
    assert userinfo(tokens["access_token"]).status_code == 200
    assert refresh(client, tokens["refresh_token"]).status_code == 200


def test_without_openid_there_is_no_id_token() -> None:
    tokens = device_tokens(make_member(), make_client(), scope="email")
    assert "id_token" not in tokens
    assert userinfo(tokens["access_token"]).status_code == 403


def test_a_client_without_refresh_tokens_gets_none_here_either() -> None:
    assert "refresh_token" not in device_tokens(make_member(), make_client(issues_refresh_tokens=False))
    assert "refresh_token" in device_tokens(make_member("rose"), make_client("other"))


def test_a_public_client_polls_by_its_id() -> None:
    client = make_client("tool", secret=None)
    assert device_tokens(make_member(), client, secret=None)["access_token"]


# B13, V16
def test_scopes_nobody_registered_never_come_out() -> None:
    tokens = device_tokens(make_member(), make_client(), scope="openid admin")
    assert tokens["scope"] == "openid"


def test_a_refused_device_hears_it_every_time() -> None:  # F04
    client, member = make_client(), make_member()
    codes = codes_of(client)
    answer(signed_in(member), "refuse", codes["user_code"])
    assert [heard(poll(client, codes["device_code"])) for _ in range(3)] == [DENIED] * 3
    assert not AccessToken.objects.exists()


def test_an_expired_code_says_so_approved_or_not() -> None:  # F04
    client, member = make_client(), make_member()
    waiting, taken = codes_of(client), approved(member, client)
    expire()
    assert heard(poll(client, waiting["device_code"])) == EXPIRED
    assert heard(poll(client, taken["device_code"])) == EXPIRED
    assert not AccessToken.objects.exists()


def test_a_code_gives_tokens_once() -> None:  # F03
    client, member = make_client(), make_member()
    codes = approved(member, client)
    tokens = poll(client, codes["device_code"])
    assert tokens.status_code == 200
    assert heard(poll(client, codes["device_code"])) == INVALID
    assert userinfo(tokens.json()["access_token"]).status_code == 200, "a device that asks twice loses nothing"


# B05, F03
def test_another_client_gets_nothing_and_burns_nothing() -> None:
    client, other, member = make_client(), make_client("other", secret="others-secret-0123456789"), make_member()
    codes = approved(member, client)
    unknown = poll(other, "x" * 43, secret="others-secret-0123456789")
    stolen = poll(other, codes["device_code"], secret="others-secret-0123456789")
    assert heard(stolen) == heard(unknown) == INVALID
    assert stolen.content == unknown.content
    assert heard(poll(client, codes["device_code"], secret="wrong-secret-0123456789")) == (401, "invalid_client")
    assert poll(client, codes["device_code"]).status_code == 200


def test_another_clients_polls_do_not_slow_the_device_down() -> None:
    client, other = make_client(), make_client("other", secret="others-secret-0123456789")
    codes = codes_of(client)
    poll(other, codes["device_code"], secret="others-secret-0123456789")
    assert heard(poll(client, codes["device_code"])) == PENDING


def test_the_two_codes_are_not_interchangeable() -> None:
    client, member = make_client(), make_member()
    codes = approved(member, client)
    for wrong in (codes["user_code"], codes["user_code"].replace("-", ""), codes["device_code"][:-1]):
        assert heard(poll(client, wrong)) == INVALID
    form = {"grant_type": "authorization_code", "code": codes["device_code"], "redirect_uri": client.redirect_uris[0]}
    assert heard(poll(client, codes["device_code"], **form)) == INVALID
    assert poll(client, codes["device_code"]).status_code == 200


def test_a_missing_or_hostile_device_code_is_refused() -> None:
    client = make_client()
    assert heard(poll(client, "")) == (400, "invalid_request")
    assert heard(poll(client, "a\x00b")) == (400, "invalid_request")
    assert heard(poll(client, "x" * 9000)) == (400, "invalid_request")
    assert heard(poll(client, "💥")) == INVALID


# B13: what changes between approval and redemption
def _disable(member: Any, client: Client) -> None:
    type(member).objects.filter(pk=member.pk).update(is_active=False)


def _leave_group(member: Any, client: Client) -> None:
    member.groups.clear()


def _delete_group(member: Any, client: Client) -> None:
    Group.objects.all().delete()


def _close_client(member: Any, client: Client) -> None:
    client.allowed_groups.clear()


def _take_consent_back(member: Any, client: Client) -> None:
    assert revoke_consent(user=member, client=client)


# V32
@pytest.mark.parametrize("change", [_disable, _leave_group, _delete_group, _close_client, _take_consent_back])
def test_what_is_lost_between_approval_and_redemption_counts(change: Callable[[Any, Client], None]) -> None:  # A16, B13
    group = Group.objects.create(name="family")
    client, member = make_client(groups=(group,)), make_member()
    member.groups.add(group)
    codes = approved(member, client)
    change(member, client)
    assert heard(poll(client, codes["device_code"])) == DENIED
    assert not AccessToken.objects.exists()
    assert not RefreshToken.objects.exists()


def test_the_twin_that_loses_nothing_gets_tokens() -> None:  # B13
    group = Group.objects.create(name="family")
    client, member = make_client(groups=(group,)), make_member()
    member.groups.add(group)
    assert poll(client, approved(member, client)["device_code"]).status_code == 200


def test_a_client_that_was_kept_from_devices_since_gets_nothing() -> None:  # B13
    client, member = make_client(), make_member()
    codes = approved(member, client)
    Client.objects.update(allows_device_grant=False)
    assert heard(poll(client, codes["device_code"])) == (400, "unauthorized_client")
    Client.objects.update(allows_device_grant=True)
    assert poll(client, codes["device_code"]).status_code == 200


def test_nothing_is_left_of_a_deleted_member_or_client() -> None:
    client, member = make_client(), make_member()
    codes = approved(member, client)
    member.delete()
    assert heard(poll(client, codes["device_code"])) == INVALID
    client.delete()
    assert not DeviceGrant.objects.exists()


def test_after_the_redemption_losing_access_ends_the_devices_tokens() -> None:  # A16
    client, member = make_client(), make_member()
    tokens = device_tokens(member, client)
    assert revoke_consent(user=member, client=client)
    assert userinfo(tokens["access_token"]).status_code == 401
    assert heard(refresh(client, tokens["refresh_token"])) == INVALID
    assert not Consent.objects.exists()


def test_pressing_approve_twice_makes_one_consent_and_one_token() -> None:
    client, member = make_client(), make_member()
    codes = codes_of(client)
    found = signed_in(member)
    answer(found, "approve", codes["user_code"])
    assert press(found, "approve", codes["user_code"]).status_code == 303
    assert Consent.objects.count() == 1
    assert poll(client, codes["device_code"]).status_code == 200
    assert heard(poll(client, codes["device_code"])) == INVALID

"""Many at once: who claims, who answers and who redeems is decided by one conditional update each."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from oidc_clients.models import AccessToken, ClientSession, Consent, DeviceGrant, RefreshToken
from oidc_clients.signals import device_approved
from tests.support.oidc_protocol.devices import approved, ask_device, codes_of, enter, heard, poll, press
from tests.support.oidc_protocol.factories import make_client, make_member, signed_in, userinfo
from tests.support.racing import at_once

pytestmark = pytest.mark.django_db(transaction=True)


# F03, V6
def test_of_fifty_polls_after_the_approval_one_gets_the_one_token() -> None:
    client, member = make_client(), make_member()
    codes = approved(member, client)
    responses = at_once([lambda: poll(client, codes["device_code"])] * 50)
    successes = [response for response in responses if response.status_code == 200]
    assert len(successes) == 1
    others = Counter(heard(response) for response in responses if response.status_code != 200)
    assert others == {(400, "invalid_grant"): 49}
    assert AccessToken.objects.count() == RefreshToken.objects.count() == ClientSession.objects.count() == 1
    # Unlike a code's, a second redemption is no sign of a thief: it is a device that polls on while its answer is late.
    assert userinfo(successes[0].json()["access_token"]).status_code == 200


# F04
def test_of_ten_polls_at_once_one_is_in_time() -> None:
    client = make_client()
    codes = codes_of(client)
    responses = at_once([lambda: poll(client, codes["device_code"])] * 10)
    assert Counter(heard(response) for response in responses) == {
        (400, "authorization_pending"): 1,
        (400, "slow_down"): 9,
    }
    assert DeviceGrant.objects.get().interval == 50


# F02
def test_of_ten_members_who_type_a_code_one_claims_it() -> None:
    client = make_client()
    codes = codes_of(client)
    browsers = [signed_in(make_member(f"member{number}")) for number in range(10)]
    waiting = list(browsers)
    responses = at_once([lambda: enter(waiting.pop(), codes["user_code"])] * 10)
    assert Counter(response.status_code for response in responses) == {303: 1, 404: 9}
    for found in browsers:
        press(found, "approve", codes["user_code"])
    assert DeviceGrant.objects.get().status == DeviceGrant.AUTHORIZED
    assert Consent.objects.count() == 1


def test_of_approve_and_refuse_at_once_one_counts() -> None:
    client, member = make_client(), make_member()
    told: list[Any] = []

    def listen(event: Any, **_kwargs: Any) -> None:
        told.append(event)

    device_approved.connect(listen)
    try:
        codes = codes_of(client)
        browsers = [signed_in(member) for _ in range(10)]
        enter(browsers[0], codes["user_code"])
        buttons = ["approve", "refuse"] * 5
        at_once([lambda: press(browsers.pop(), buttons.pop(), codes["user_code"])] * 10)
    finally:
        device_approved.disconnect(listen)
    was_approved = DeviceGrant.objects.get().status == DeviceGrant.AUTHORIZED
    assert len(told) == Consent.objects.count() == int(was_approved)
    assert poll(client, codes["device_code"]).status_code == (200 if was_approved else 400)


def test_twenty_devices_that_ask_at_once_get_codes_of_their_own() -> None:
    client = make_client()
    responses = at_once([lambda: ask_device(client)] * 20)
    assert {response.status_code for response in responses} == {200}
    assert len({response.json()["user_code"] for response in responses}) == 20
    assert DeviceGrant.objects.count() == 20

"""The page where codes are typed: those of devices that wait to be approved, and those of clients."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from accounts.models import SignInRequest, User
from accounts.services.sign_in_requests_codes import code_of, link_of, shown_code
from oidc_clients.models import DeviceGrant
from oidc_clients.services.device_grants import start_device_grant
from tests.support.accounts.people import browser, make
from tests.support.accounts.waiting import QUESTION, Waiting, approve, only, text_of
from tests.support.oidc_protocol.factories import make_client

pytestmark = pytest.mark.django_db

Status = SignInRequest.Status


@pytest.fixture
def ada() -> User:
    return make("ada", email="ada@example.com")


WAYS: list[Callable[[str], str]] = [
    str,
    str.lower,
    lambda code: code.replace("-", ""),
    lambda code: f" {code.replace('-', ' ')}\t",
    lambda code: code.replace("-", "\u2013"),
]


@pytest.mark.parametrize("write", WAYS)
def test_a_typed_code_leads_to_the_question(ada: User, write: Callable[[str], str]) -> None:
    waiting = Waiting().begin()
    ada_there = browser(ada)
    response = ada_there.post("/device", {"user_code": write(waiting.code)})
    assert (response.status_code, response.headers["Location"]) == (303, f"/login/device/{waiting.code}")
    page = text_of(ada_there.get(response.headers["Location"]))
    assert QUESTION in page
    assert waiting.code in page
    approve(ada_there, response.headers["Location"])
    assert waiting.poll()["state"] == "signed_in"


def test_a_typed_code_is_for_who_typed_it_first(ada: User) -> None:
    bob = make("bob")
    waiting = Waiting().begin()
    ada_there, bob_there = browser(ada), browser(bob)
    ada_there.post("/device", {"user_code": waiting.code})
    assert bob_there.post("/device", {"user_code": waiting.code}).status_code == 404
    for step in ("", "/approve", "/refuse"):
        address = f"/login/device/{waiting.code}{step}"
        assert (bob_there.post(address) if step else bob_there.get(address)).status_code == 404
    assert only().status == Status.WAITING


def test_a_code_that_nobody_shows_opens_nothing(ada: User, settings: Any) -> None:
    settings.HEARTHKEY_OIDC_CLIENTS_RATE_LIMIT = None
    waiting = Waiting().begin()
    ada_there, right = browser(ada), waiting.code
    other = "3" if right[0] == "2" else "2"
    for code in (other + right[1:], right[:-1], f"{right}2", "2" * 5000, "2AEI-OU01", "9"):
        response = ada_there.post("/device", {"user_code": code})
        assert response.status_code == 404
        assert "No device is waiting with this code." in text_of(response)
    assert ada_there.post("/device", {"user_code": right}).status_code == 303
    SignInRequest.objects.update(claimed_by="", expires_at=timezone.now() - timedelta(seconds=1))
    assert ada_there.post("/device", {"user_code": right}).status_code == 404


def test_typing_codes_is_limited_right_or_wrong(ada: User) -> None:
    waiting = Waiting().begin()
    ada_there = browser(ada)
    codes = [waiting.code, "2222-2222"] * 4
    statuses = [ada_there.post("/device", {"user_code": code}).status_code for code in codes]
    assert statuses == [303, 404, 303, 404, 303, 429, 429, 429]


def test_the_two_kinds_of_code_are_never_taken_for_each_other(ada: User) -> None:
    client = make_client(name="Films")
    television = start_device_grant(client=client, scopes=("openid",), address=None, user_agent="Television")
    waiting = Waiting().begin()
    assert not set(television.user_code) & set("0123456789")
    assert waiting.code[0] in "23456789"
    ada_there = browser(ada)
    own = ada_there.post("/device", {"user_code": waiting.code}).headers["Location"]
    theirs = ada_there.post("/device", {"user_code": television.user_code}).headers["Location"]
    assert (urlsplit(own).path, urlsplit(theirs).path) == (f"/login/device/{waiting.code}", "/device/confirm")
    assert "Films" not in text_of(ada_there.get(own))
    assert "Films" in text_of(ada_there.get(theirs))
    # Neither page answers the other kind.
    for step in ("approve", "refuse"):
        assert ada_there.post(f"/device/{step}", {"user_code": waiting.code}).status_code == 404
        assert ada_there.post(f"/login/device/{television.user_code}/{step}").status_code == 404
    assert only().status == Status.WAITING
    assert DeviceGrant.objects.get().status == DeviceGrant.AUTHORIZATION_PENDING
    approve(ada_there, own)
    assert waiting.poll()["state"] == "signed_in"


def test_no_secret_gives_a_code_that_a_device_could_have() -> None:
    for number in range(2000):
        code = code_of(link_of(str(number)))
        assert len(code) == 8
        assert code[0] in "23456789"
        assert not set(code[1:]) - set("23456789BCDFGHJKLMNPQRSTVWXZ")
        assert shown_code(code) == f"{code[:4]}-{code[4:]}"

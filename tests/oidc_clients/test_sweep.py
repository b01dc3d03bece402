"""What expired is removed, and what a replay would still meet is not."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import User
from oidc_clients.models import (
    AccessToken,
    ClientAssertion,
    ClientSession,
    Grant,
    Interaction,
    LogoutDelivery,
    PushedRequest,
    RefreshToken,
)
from oidc_clients.services.sweep import sweep, sweep_all
from oidc_clients.tasks import remove_expired
from tests.support.oidc_clients import world


def later(**time: float) -> datetime:
    return timezone.now() + timedelta(**time)


def sweep_at(now: datetime) -> int:
    """Sweep until nothing is left, as the task does, and return how many rows went."""
    removed = 0
    while found := sweep(now=now, limit=500):
        removed += found
    return removed


def test_nothing_that_lives_is_removed(app: world.RelyingParty, browser: Browser) -> None:
    tokens = app.tokens(browser)
    assert remove_expired.call() == 0
    assert app.refresh(tokens["refresh_token"]).status_code == 200


def test_an_access_token_goes_a_day_after_its_end(app: world.RelyingParty, browser: Browser) -> None:
    app.tokens(browser)
    sweep_at(later(hours=24))
    assert AccessToken.objects.count() == 1
    sweep_at(later(hours=26))
    assert AccessToken.objects.count() == 0
    assert RefreshToken.objects.count() == 1


def test_a_redeemed_code_stays_while_its_replay_would_revoke_something(  # B04
    app: world.RelyingParty, browser: Browser
) -> None:
    code = app.code(browser)
    tokens = app.redeem(code).json()
    sweep_at(later(days=20))
    assert Grant.objects.count() == 1
    assert app.redeem(code).json()["error"] == "invalid_grant"
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_redeemed_code_goes_with_the_last_of_its_tokens(app: world.RelyingParty, browser: Browser) -> None:
    app.tokens(browser)
    sweep_at(later(days=31))
    assert (Grant.objects.count(), AccessToken.objects.count(), RefreshToken.objects.count()) == (0, 0, 0)


def test_a_code_that_nobody_redeemed_goes_after_a_day(app: world.RelyingParty, browser: Browser) -> None:
    app.code(browser)
    sweep_at(later(hours=23))
    assert Grant.objects.count() == 1
    sweep_at(later(hours=25))
    assert Grant.objects.count() == 0


def test_a_rotated_refresh_token_stays_so_that_its_reuse_ends_the_family(  # C03
    app: world.RelyingParty, browser: Browser, settings: Any
) -> None:
    settings.HEARTHKEY_OIDC_CLIENTS_REFRESH_GRACE = timedelta(0)
    first = app.tokens(browser)["refresh_token"]
    second = app.refresh(first).json()["refresh_token"]
    sweep_at(later(days=29))
    assert RefreshToken.objects.count() == 2
    assert app.refresh(first).json()["error"] == "invalid_grant"
    assert app.refresh(second).json()["error"] == "invalid_grant"
    sweep_at(later(days=31))
    assert RefreshToken.objects.count() == 0


def test_a_sign_in_at_a_client_stays_while_a_token_belongs_to_it(
    app: world.RelyingParty, rose: User, browser: Browser
) -> None:
    app.tokens(browser)
    for row in (Grant, AccessToken, RefreshToken):
        assert row.objects.filter(client_session=None).count() == 0
    ClientSession.objects.update(ended_at=timezone.now())
    sweep_at(later(days=29))
    assert ClientSession.objects.count() == 1
    sweep_at(later(days=31))
    assert ClientSession.objects.count() == 0


def test_a_sign_in_that_nobody_ended_is_remembered_for_longer_than_any_token(
    app: world.RelyingParty, rose: User
) -> None:
    ClientSession.objects.create(user=rose, client=app.row, sid=str(uuid.uuid4()))
    sweep_at(later(days=399))
    assert ClientSession.objects.count() == 1
    sweep_at(later(days=401))
    assert ClientSession.objects.count() == 0


def test_requests_assertions_and_deliveries_go_when_they_are_past_use(
    app: world.RelyingParty, browser: Browser
) -> None:
    now = timezone.now()
    app.authorize(browser)  # waits for consent
    PushedRequest.objects.create(client=app.row, uri_digest="d", parameters={}, expires_at=now)
    ClientAssertion.objects.create(client=app.row, jti_digest="d", expires_at=now)
    LogoutDelivery.objects.create(client=app.row, sub="s", sid="s")
    models = (Interaction, PushedRequest, ClientAssertion, LogoutDelivery)

    def left() -> list[int]:
        return [model.objects.count() for model in models]

    assert left() == [1, 1, 1, 1]
    sweep_at(later(minutes=9))
    assert left() == [1, 1, 1, 1]
    sweep_at(later(minutes=11))
    assert left() == [1, 1, 0, 1]
    sweep_at(later(minutes=16))
    assert left() == [0, 1, 0, 1]
    sweep_at(later(days=2))
    assert left() == [0, 0, 0, 1]
    sweep_at(later(days=31))
    assert left() == [0, 0, 0, 0]


def test_no_more_rows_go_at_once_than_allowed(app: world.RelyingParty) -> None:
    for number in range(7):
        ClientAssertion.objects.create(client=app.row, jti_digest=str(number), expires_at=later(days=-1))
    assert [sweep(now=timezone.now(), limit=3) for _ in range(4)] == [3, 3, 1, 0]


@pytest.mark.django_db
def test_a_sweep_takes_everything_batch_by_batch(app: world.RelyingParty) -> None:
    ClientAssertion.objects.bulk_create(
        ClientAssertion(client=app.row, jti_digest=str(number), expires_at=later(days=-1)) for number in range(1201)
    )
    assert sweep_all() == 1201
    assert ClientAssertion.objects.count() == 0


# C03
def test_the_answer_for_a_retry_is_emptied_and_the_token_stays(app: world.RelyingParty, browser: Browser) -> None:
    first = app.tokens(browser)["refresh_token"]
    second = app.refresh(first).json()
    rotated = RefreshToken.objects.exclude(rotated_at=None)
    sweep_at(later(seconds=30))
    assert rotated.get().grace_answer
    assert app.refresh(first).json() == second
    sweep_at(later(seconds=90))
    assert rotated.get().grace_answer == ""
    # What was rotated is still known, so that its reuse ends the family.
    assert app.refresh(first).json()["error"] == "invalid_grant"
    assert app.refresh(second["refresh_token"]).status_code == 400

"""Redeeming, refreshing and giving back at the same moment: nothing of a family that ended lives on."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from oidc_clients.models import AccessToken, RefreshToken
from oidc_clients.services.access import revoke_consent
from tests.support import racing
from tests.support.oidc_protocol.factories import (
    SECRET,
    basic,
    code_for,
    make_client,
    make_member,
    post_form,
    redeem,
    refresh,
    tokens_for,
    userinfo,
)

pytestmark = pytest.mark.django_db(transaction=True)


def nothing_lives() -> bool:
    return not any(model.objects.filter(revoked=None).exists() for model in (AccessToken, RefreshToken))


# B03, B04
@pytest.mark.parametrize("access_format", ["opaque", "jwt"])
def test_fifty_redemptions_write_one_row_of_each_kind_and_revoke_it(access_format: str) -> None:
    client, member = make_client(access_token_format=access_format), make_member()
    code = code_for(member, client)
    answers = racing.at_once([lambda: redeem(client, code)] * 50)
    statuses = [answer.status_code for answer in answers]
    assert sorted(statuses) == [200] + [400] * 49
    assert {answer.json()["error"] for answer in answers if answer.status_code == 400} == {"invalid_grant"}
    assert AccessToken.objects.count() == RefreshToken.objects.count() == 1
    assert nothing_lives()


# C03
@pytest.mark.parametrize("access_format", ["opaque", "jwt"])
def test_fifty_refreshes_get_identical_answers_and_one_new_pair(access_format: str) -> None:
    client, member = make_client(access_token_format=access_format), make_member()
    tokens = tokens_for(member, client)
    answers = racing.at_once([lambda: refresh(client, tokens["refresh_token"])] * 50)
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert AccessToken.objects.count() == RefreshToken.objects.count() == 2
    new = answers[0].json()
    assert userinfo(new["access_token"]).status_code == 200
    assert refresh(client, new["refresh_token"]).status_code == 200


# C02
def test_a_reuse_that_meets_a_refresh_leaves_nothing_alive() -> None:
    client, member = make_client(), make_member()
    for _ in range(8):
        first = tokens_for(member, client)
        second = refresh(client, first["refresh_token"]).json()
        third = refresh(client, second["refresh_token"]).json()
        # The first is no longer the immediate predecessor: presenting it is reuse, at whatever moment.
        calls: list[Callable[[], Any]] = [
            *[lambda token=first: refresh(client, token["refresh_token"])] * 3,
            *[lambda token=third: refresh(client, token["refresh_token"])] * 3,
        ]
        racing.at_once(calls)
        assert nothing_lives()


# G11
def test_giving_a_token_back_while_it_is_refreshed_ends_both() -> None:
    client, member = make_client(), make_member()
    headers = {"authorization": basic(client.client_id, SECRET)}
    for kind in itertools.islice(itertools.cycle(("refresh_token", "access_token")), 8):
        tokens = tokens_for(member, client)
        calls: list[Callable[[], Any]] = [
            *[lambda token=tokens: refresh(client, token["refresh_token"])] * 3,
            lambda token=tokens, name=kind: post_form("/api/oidc/revoke", {"token": token[name]}, headers),
        ]
        answers = racing.at_once(calls)
        assert answers[-1].status_code == 200
        assert nothing_lives()


# C05
def test_a_consent_that_is_taken_back_meanwhile_leaves_no_token_that_opens_anything() -> None:
    client, member = make_client(), make_member()

    def take_back() -> bool:
        with transaction.atomic():
            return revoke_consent(user=member, client=client)

    for _ in range(5):
        code = code_for(member, client)
        answers = racing.at_once([lambda code=code: redeem(client, code), take_back])
        if answers[0].status_code == 200:
            tokens = answers[0].json()
            assert userinfo(tokens["access_token"]).status_code == 401
            assert refresh(client, tokens["refresh_token"]).status_code == 400
        assert nothing_lives()

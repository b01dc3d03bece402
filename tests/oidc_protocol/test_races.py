"""Fifty at once: who wins is decided by one conditional update."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from oidc_clients.models import AccessToken, Consent, Grant, Interaction, RefreshToken, SigningKey
from oidc_clients.services import keys
from tests.support.oidc_protocol.factories import (
    answer_of,
    ask,
    code_for,
    consent_to,
    make_client,
    make_member,
    redeem,
    refresh,
    signed_in,
    tokens_for,
    userinfo,
)
from tests.support.racing import at_once

pytestmark = pytest.mark.django_db(transaction=True)


# B03, B04
def test_of_fifty_redemptions_one_succeeds_and_the_others_revoke_it() -> None:
    client, member = make_client(), make_member()
    code = code_for(member, client)
    responses = at_once([lambda: redeem(client, code)] * 50)
    successes = [response for response in responses if response.status_code == 200]
    assert len(successes) == 1
    assert {response.json()["error"] for response in responses if response.status_code != 200} == {"invalid_grant"}
    # Rows are revoked, never deleted: this is every row that was ever written.
    assert AccessToken.objects.count() == RefreshToken.objects.count() == 1
    assert userinfo(successes[0].json()["access_token"]).status_code == 401
    assert refresh(client, successes[0].json()["refresh_token"]).status_code == 400


# C03, V27
def test_of_fifty_refreshes_all_get_the_same_answer_and_one_pair_exists() -> None:
    client, member = make_client(), make_member()
    tokens = tokens_for(member, client)
    responses = at_once([lambda: refresh(client, tokens["refresh_token"])] * 50)
    assert {response.status_code for response in responses} == {200}
    assert len({response.content for response in responses}) == 1
    assert AccessToken.objects.count() == RefreshToken.objects.count() == 2
    assert refresh(client, responses[0].json()["refresh_token"]).status_code == 200


# C03, V27
def test_without_grace_fifty_refreshes_make_one_pair_and_end_the_family(settings: Any) -> None:
    settings.HEARTHKEY_OIDC_CLIENTS_REFRESH_GRACE = timedelta(0)
    client, member = make_client(), make_member()
    tokens = tokens_for(member, client)
    responses = at_once([lambda: refresh(client, tokens["refresh_token"])] * 50)
    assert sorted(response.status_code for response in responses) == [200] + [400] * 49
    assert AccessToken.objects.count() == RefreshToken.objects.count() == 2
    assert not RefreshToken.objects.filter(revoked=None).exists()
    assert not AccessToken.objects.filter(revoked=None).exists()


def test_an_interaction_is_answered_once() -> None:
    client, member = make_client(), make_member()
    found = signed_in(member)
    ask(found, client)
    interaction, cookies = Interaction.objects.get(), found.cookies.copy()

    def press() -> Any:
        tab = signed_in(member)
        tab.cookies = cookies.copy()
        return tab.post(f"/authorize/{interaction.pk}/consent")

    responses = at_once([press] * 10)
    answered = [response for response in responses if b"code=" in response.content]
    assert len(answered) == 1
    assert answer_of(answered[0])["code"]
    assert Grant.objects.count() == 1


def test_twenty_processes_that_start_together_make_one_signing_key() -> None:
    kids = at_once([lambda: keys.ensure_signing_key().kid] * 20)
    assert len(set(kids)) == 1
    assert SigningKey.objects.get().kid == kids[0]


def test_a_consent_that_is_widened_in_two_tabs_at_once_holds_both() -> None:
    client, member = make_client(), make_member()
    for _ in range(5):
        Consent.objects.all().delete()
        consent_to(member, client, "openid")
        posts = []
        for scope in ("openid email", "openid profile", "openid groups"):
            found = signed_in(member)
            address = ask(found, client, scope=scope).headers["Location"]
            posts.append(partial(found.post, f"/authorize/{address.rpartition('=')[2]}/consent"))
        assert [response.status_code for response in at_once(posts)] == [200, 200, 200]
        assert set(Consent.objects.get().scopes) == {"openid", "email", "profile", "groups"}

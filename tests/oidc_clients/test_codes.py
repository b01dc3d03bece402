from __future__ import annotations

import itertools
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core import serializers
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import User
from oidc_clients.models import AccessToken, Client, ClientSecret, Grant, RefreshToken, SigningKey
from tests.support.oidc_clients import world
from tests.support.oidc_clients.world import CHALLENGE, VERIFIER, RelyingParty
from tests.support.racing import at_once


def userinfo(access_token: str) -> Any:
    return Browser().get("/api/oidc/userinfo", headers={"authorization": f"Bearer {access_token}"})


def test_codes_are_long_and_differ(app: RelyingParty, browser: Browser) -> None:  # B01
    codes = {app.code(browser) for _ in range(30)}
    assert len(codes) == 30
    assert min(len(code) for code in codes) >= 22


def test_a_code_lives_for_a_minute(app: RelyingParty, browser: Browser) -> None:  # B01
    code = app.code(browser)
    late = app.code(browser)
    grant = Grant.objects.latest("pk")
    assert timedelta(seconds=50) < grant.expires - timezone.now() <= timedelta(seconds=60)
    Grant.objects.filter(pk=grant.pk).update(expires=timezone.now() - timedelta(seconds=1))
    assert app.redeem(late).json()["error"] == "invalid_grant"
    assert app.redeem(code).status_code == 200


@pytest.mark.parametrize("wrong", [c for n in range(4) for c in itertools.combinations(("client", "time", "uri"), n)])
def test_each_wrong_thing_alone_refuses(
    app: RelyingParty, other_app: RelyingParty, browser: Browser, wrong: tuple[str, ...]
) -> None:  # B02
    code = app.code(browser)
    if "time" in wrong:
        Grant.objects.update(expires=timezone.now() - timedelta(seconds=1))
    party = other_app if "client" in wrong else app
    uri = "https://app.example.org/other" if "uri" in wrong else world.CALLBACK
    response = party.redeem(code, redirect_uri=uri)
    assert response.status_code == (400 if wrong else 200)
    if wrong:
        assert response.json()["error"] == "invalid_grant"
        assert not AccessToken.objects.exists()


# V26
def test_somebody_elses_attempt_does_not_burn_the_code(
    app: RelyingParty, other_app: RelyingParty, browser: Browser
) -> None:  # B05
    code = app.code(browser, code_challenge=CHALLENGE, code_challenge_method="S256")
    assert other_app.redeem(code, code_verifier=VERIFIER).status_code == 400
    assert app.redeem(code, code_verifier="w" * 64).status_code == 400
    assert app.redeem(code, code_verifier=VERIFIER, redirect_uri="https://evil.example/").status_code == 400
    assert app.redeem(code, code_verifier=VERIFIER, client_secret="wrong-secret-of-some-length").status_code == 401
    assert app.redeem(code, code_verifier=VERIFIER).status_code == 200


def test_a_replay_revokes_what_the_code_gave(
    app: RelyingParty, other_app: RelyingParty, browser: Browser
) -> None:  # B04
    code = app.code(browser)
    tokens = app.redeem(code).json()
    # An attempt that is no replay of the client's own changes nothing.
    assert other_app.redeem(code).status_code == 400
    assert app.redeem(code, redirect_uri="https://app.example.org/other").status_code == 400
    assert userinfo(tokens["access_token"]).status_code == 200
    assert app.redeem(code).json()["error"] == "invalid_grant"
    assert userinfo(tokens["access_token"]).status_code == 401
    assert app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


@pytest.mark.django_db(transaction=True)
def test_of_fifty_parallel_redemptions_one_succeeds(app: RelyingParty, browser: Browser) -> None:  # B03
    code = app.code(browser)
    answers = at_once([lambda: app.redeem(code)] * 50)
    assert sorted({answer.status_code for answer in answers}) == [200, 400]
    won = [answer.json() for answer in answers if answer.status_code == 200]
    assert len(won) == 1
    assert AccessToken.objects.count() == 1
    assert RefreshToken.objects.count() == 1
    # The others were replays, so what the first one got is revoked.
    assert userinfo(won[0]["access_token"]).status_code == 401


@pytest.mark.django_db(transaction=True)
def test_fifty_parallel_refreshes_get_the_same_answer_and_one_new_pair(app: RelyingParty, browser: Browser) -> None:
    # C03
    refresh_token = app.tokens(browser)["refresh_token"]
    answers = at_once([lambda: app.refresh(refresh_token)] * 50)
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert AccessToken.objects.count() == 2
    assert RefreshToken.objects.count() == 2
    assert userinfo(answers[0].json()["access_token"]).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_without_grace_parallel_refreshes_end_the_family(app: RelyingParty, browser: Browser, settings: Any) -> None:
    # C03
    settings.HEARTHKEY_OIDC_CLIENTS_REFRESH_GRACE = timedelta(0)
    refresh_token = app.tokens(browser)["refresh_token"]
    answers = at_once([lambda: app.refresh(refresh_token)] * 20)
    won = [answer.json() for answer in answers if answer.status_code == 200]
    assert len(won) == 1
    assert app.refresh(won[0]["refresh_token"]).status_code == 400
    assert userinfo(won[0]["access_token"]).status_code == 401


def test_a_used_refresh_token_ends_the_family_after_the_grace(app: RelyingParty, browser: Browser) -> None:  # C02
    first = app.tokens(browser)
    second = app.refresh(first["refresh_token"]).json()
    assert app.refresh(first["refresh_token"]).json() == second
    RefreshToken.objects.exclude(rotated_at=None).update(rotated_at=timezone.now() - timedelta(seconds=11))
    assert app.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"
    assert app.refresh(second["refresh_token"]).json()["error"] == "invalid_grant"
    assert userinfo(second["access_token"]).status_code == 401


def test_the_grace_covers_the_immediate_predecessor_only(app: RelyingParty, browser: Browser) -> None:  # C04
    first = app.tokens(browser)
    second = app.refresh(first["refresh_token"]).json()
    app.refresh(second["refresh_token"])
    assert app.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_refresh_token_belongs_to_its_client_and_its_scopes(
    app: RelyingParty, other_app: RelyingParty, browser: Browser
) -> None:  # C01
    tokens = app.tokens(browser, scope="openid email offline_access")
    assert other_app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert app.refresh(tokens["refresh_token"], scope="openid groups").json()["error"] == "invalid_scope"
    narrowed = app.refresh(tokens["refresh_token"], scope="openid")
    assert narrowed.status_code == 200
    assert narrowed.json()["refresh_token"] != tokens["refresh_token"]


def test_nothing_that_was_issued_stands_in_the_database(app: RelyingParty, browser: Browser) -> None:  # C07, D04
    code = app.code(browser)
    tokens = app.redeem(code).json()
    unused = app.code(browser)
    dump = "".join(
        serializers.serialize("json", model.objects.all())
        for model in (Grant, AccessToken, RefreshToken, ClientSecret, Client, SigningKey)
    )
    for value in (code, unused, tokens["access_token"], tokens["refresh_token"], tokens["id_token"], world.SECRET):
        assert value not in dump
    assert '"d"' not in json.dumps(json.loads(dump.replace("][", ",")), ensure_ascii=False)


@pytest.mark.parametrize("loss", ["disabled", "group", "consent", "client", "restricted"])
@pytest.mark.parametrize("grant", ["code", "refresh"])
def test_what_was_lost_is_refused_at_every_grant(rose: User, loss: str, grant: str) -> None:  # C05, A16
    from accounts.services.groups import set_groups  # noqa: PLC0415
    from accounts.services.members import disable_member  # noqa: PLC0415
    from oidc_clients.services.access import revoke_consent  # noqa: PLC0415
    from oidc_clients.services.clients import delete_client  # noqa: PLC0415

    family = world.group("Family", rose)
    other = world.group("Others")
    app = world.register(is_restricted=True, allowed_groups=[family])
    browser = world.signed_in(rose)
    tokens = app.tokens(browser)
    code = app.code(browser)
    assert userinfo(tokens["access_token"]).status_code == 200
    if loss == "disabled":
        disable_member(member=rose, actor=None)
    elif loss == "group":
        set_groups(member=rose, groups=[other], actor=None)
    elif loss == "consent":
        revoke_consent(user=rose, client=app.row)
    elif loss == "client":
        delete_client(client=app.row, actor=None)
    else:
        Client.objects.get(pk=app.row.pk).allowed_groups.clear()
    refused = app.redeem(code) if grant == "code" else app.refresh(tokens["refresh_token"])
    assert refused.status_code in (400, 401)
    assert refused.json()["error"] in ("invalid_grant", "invalid_client")
    assert userinfo(tokens["access_token"]).status_code in (401, 403)


def test_who_lost_nothing_goes_on(rose: User) -> None:  # C05
    app = world.register(is_restricted=True, allowed_groups=[world.group("Family", rose)])
    browser = world.signed_in(rose)
    tokens = app.tokens(browser)
    assert app.refresh(tokens["refresh_token"]).status_code == 200

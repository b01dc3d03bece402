"""Redeeming codes: what each factor refuses, what a replay ends, and what a stranger's attempt leaves alone."""

from __future__ import annotations

import itertools
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

import oidc_clients
from oidc_clients import signals
from oidc_clients.models import AccessToken, ClientSecret, Grant, RefreshToken
from oidc_clients.services.digests import new_secret
from tests.support.oidc_protocol.factories import (
    CALLBACK,
    SECRET,
    VERIFIER,
    answer_of,
    ask,
    basic,
    browser,
    code_for,
    make_client,
    make_member,
    post_form,
    redeem,
    refresh,
    signed_in,
    token,
    userinfo,
)

pytestmark = pytest.mark.django_db
OTHER_SECRET = "the-other-clients-secret-012345"


# B01
def test_codes_are_long_random_and_distinct() -> None:
    codes = {new_secret() for _ in range(10_000)}
    assert len(codes) == 10_000
    assert all(len(code) == 43 for code in codes)


# B01, V21
@pytest.mark.parametrize(("age", "status"), [(0, 200), (58, 200), (60, 400), (61, 400)])
def test_a_code_lives_sixty_seconds(age: int, status: int) -> None:
    client, member = make_client(), make_member()
    code = code_for(member, client)
    assert Grant.objects.get().expires - timezone.now() <= timedelta(seconds=60)
    Grant.objects.update(expires=Grant.objects.get().expires - timedelta(seconds=age))
    assert redeem(client, code).status_code == status


# B02, B05, V1, V26, V56
@pytest.mark.parametrize(
    ("wrong_client", "expired", "wrong_uri", "wrong_verifier"), list(itertools.product([False, True], repeat=4))
)
def test_each_factor_alone_refuses_and_burns_nothing(
    wrong_client: bool, expired: bool, wrong_uri: bool, wrong_verifier: bool
) -> None:
    client, member = make_client(redirect_uris=[CALLBACK, f"{CALLBACK}/2"]), make_member()
    other = make_client("other", secret=OTHER_SECRET)
    code = code_for(member, client)
    if expired:
        Grant.objects.update(expires=timezone.now() - timedelta(seconds=1))
    response = redeem(
        other if wrong_client else client,
        code,
        secret=OTHER_SECRET if wrong_client else SECRET,
        redirect_uri=f"{CALLBACK}/2" if wrong_uri else CALLBACK,
        code_verifier="x" * 43 if wrong_verifier else VERIFIER,
    )
    if not any((wrong_client, expired, wrong_uri, wrong_verifier)):
        assert response.status_code == 200
        return
    assert response.status_code == 400
    assert response.json()["error"] == "invalid_grant"
    assert not AccessToken.objects.exists()
    # Whoever it was: the owner's code is as good as before.
    Grant.objects.update(expires=timezone.now() + timedelta(seconds=30))
    assert redeem(client, code).status_code == 200


# B04
def test_a_replay_by_the_codes_own_client_ends_its_tokens() -> None:
    client, member = make_client(), make_member()
    code = code_for(member, client)
    tokens = redeem(client, code).json()
    second = refresh(client, tokens["refresh_token"]).json()
    assert userinfo(tokens["access_token"]).status_code == 200
    replay = redeem(client, code)
    assert replay.status_code == 400
    assert replay.json()["error"] == "invalid_grant"
    for found in (tokens, second):
        assert userinfo(found["access_token"]).status_code == 401
        assert refresh(client, found["refresh_token"]).status_code == 400


# B04
@pytest.mark.parametrize(
    "changes",
    [{"redirect_uri": f"{CALLBACK}/2"}, {"code_verifier": "x" * 43}, {"code_verifier": None}, {"secret": "wrong"}],
)
def test_an_attempt_that_is_not_the_clients_own_is_no_replay(changes: dict[str, Any]) -> None:
    client, member = make_client(redirect_uris=[CALLBACK, f"{CALLBACK}/2"]), make_member()
    other = make_client("other", secret=OTHER_SECRET)
    code = code_for(member, client)
    tokens = redeem(client, code).json()
    assert redeem(client, code, **changes).status_code in (400, 401)
    assert redeem(other, code, secret=OTHER_SECRET, redirect_uri=CALLBACK).status_code == 400
    assert userinfo(tokens["access_token"]).status_code == 200
    assert refresh(client, tokens["refresh_token"]).status_code == 200


# B07, V10
@pytest.mark.parametrize("verifier", [None, "", "v" * 42, "v" * 129, VERIFIER + "+", VERIFIER[:-1] + "é", "v" * 43])
def test_a_challenge_wants_its_verifier(verifier: str | None) -> None:
    client, member = make_client(), make_member()
    code = code_for(member, client)
    refused = redeem(client, code, code_verifier=verifier)
    assert refused.status_code == 400
    assert refused.json()["error"] == "invalid_grant"
    assert redeem(client, code).status_code == 200


# B08, V11
def test_a_verifier_without_a_challenge_is_refused() -> None:
    client, member = make_client(), make_member()
    code = code_for(member, client, code_challenge=None, code_challenge_method=None)
    assert redeem(client, code).json()["error"] == "invalid_grant"
    assert redeem(client, code, code_verifier=None).status_code == 200


# B06
def test_a_public_client_redeems_with_its_verifier_only() -> None:
    client, member = make_client(secret=None), make_member()
    code = code_for(member, client)
    assert redeem(client, code, secret=None, code_verifier=None).status_code == 400
    assert redeem(client, code, secret=None).status_code == 200


# B09, V36
def test_secrets_and_verifiers_are_compared_in_constant_time() -> None:
    folder = Path(oidc_clients.__file__).parent
    for name in ("protocol/pkce.py", "services/client_authentication.py", "services/interactions.py"):
        source = (folder / name).read_text()
        assert "compare_digest" in source
        assert not re.search(r"digest\w*(\(.*\))? ==", source)


# B11
@pytest.mark.parametrize(
    ("form", "error", "status"),
    [
        ({}, "invalid_request", 400),
        ({"grant_type": "authorization_code"}, "invalid_request", 400),
        ({"grant_type": "refresh_token"}, "invalid_request", 400),
        ({"grant_type": ["refresh_token", "refresh_token"]}, "invalid_request", 400),
        ({"grant_type": "authorization_code", "code": "a\x00b"}, "invalid_request", 400),
        ({"grant_type": "authorization_code", "code": "canary" * 2000}, "invalid_request", 400),
        ({"grant_type": "authorization_code", "code": "canary"}, "invalid_grant", 400),
        ({"grant_type": "refresh_token", "refresh_token": "canary"}, "invalid_grant", 400),
        # B12
        ({"grant_type": "password", "username": "u", "password": "canary"}, "unsupported_grant_type", 400),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type", 400),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:device_code"}, "invalid_request", 400),
        ({"grant_type": "implicit"}, "unsupported_grant_type", 400),
        ({"grant_type": "canary"}, "unsupported_grant_type", 400),
    ],
)
def test_every_refusal_is_an_error_of_the_specification(form: dict[str, Any], error: str, status: int) -> None:
    for client, secret in ((make_client(), SECRET), (make_client("public", secret=None), None)):
        with_id = {**form, "client_id": client.client_id}
        response = token(with_id, client, secret)
        assert response.status_code == status
        assert response.headers["Content-Type"] == "application/json"
        assert response.headers["Cache-Control"] == "no-store"
        assert response.json()["error"] == error
        assert set(response.json()) == {"error", "error_description"}
        assert b"canary" not in response.content


# B10
def test_a_token_answer_is_kept_by_nobody() -> None:
    client, member = make_client(), make_member()
    response = redeem(client, code_for(member, client))
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Access-Control-Allow-Origin"] == "*"


# B11
def test_only_a_form_is_read_and_never_the_query() -> None:
    client, member = make_client(), make_member()
    code = code_for(member, client)
    form = f"grant_type=authorization_code&code={code}&redirect_uri={CALLBACK}&code_verifier={VERIFIER}"
    headers = {"authorization": basic("app", SECRET)}
    for content_type in ("application/json", "multipart/form-data; boundary=x", "text/plain", ""):
        refused = browser().post("/api/oidc/token", data=form, content_type=content_type, headers=headers)
        assert refused.status_code == 415
        assert refused.json()["error"] == "invalid_request"
    assert post_form(f"/api/oidc/token?{form}", "", headers).status_code == 400
    assert post_form("/api/oidc/token?x=1", form, headers).status_code == 400
    got = browser().get(f"/api/oidc/token?{form}", headers=headers)
    assert got.status_code == 405
    assert "POST" in got.headers["Allow"]
    assert post_form("/api/oidc/token", form, headers).status_code == 200


def test_refusals_are_told_with_their_reason_and_kept_after_the_rollback() -> None:
    told: list[Any] = []

    def listen(event: Any, **_: Any) -> None:
        told.append(event)

    client, member = make_client(), make_member()
    code = code_for(member, client)
    signals.token_refused.connect(listen)
    try:
        redeem(client, code, code_verifier="x" * 43)
        redeem(client, "canary")
        redeem(client, code)
        redeem(client, code)
    finally:
        signals.token_refused.disconnect(listen)
    assert [event.reason for event in told] == ["wrong_verifier", "unknown_code", "code_replayed"]
    assert [event.user for event in told] == [str(member.pk), None, str(member.pk)]
    assert "canary" not in repr(told)


# C07
def test_nothing_that_was_issued_can_be_found_in_the_tables() -> None:
    client, member = make_client(), make_member()
    found = signed_in(member)
    code = answer_of(ask(found, make_client("skips", skip_authorization=True)))["code"]
    own = code_for(member, client)
    tokens = redeem(client, own).json()
    fresh = refresh(client, tokens["refresh_token"]).json()
    rows = repr([list(model.objects.values()) for model in (Grant, AccessToken, RefreshToken)])
    secrets = [
        code,
        own,
        *(answer[name] for answer in (tokens, fresh) for name in ("access_token", "refresh_token", "id_token")),
    ]
    for value in secrets:
        assert value not in rows
    assert SECRET not in repr(list(ClientSecret.objects.values()))


# G06, V55
def test_cut_and_lengthened_tokens_open_nothing() -> None:
    client, member = make_client(), make_member()
    tokens = redeem(client, code_for(member, client)).json()
    access = tokens["access_token"]
    for cut in range(1, len(access)):
        assert userinfo(access[:-cut]).status_code == 401
    for other in (access + "x", access + " x", access.swapcase(), tokens["refresh_token"], tokens["id_token"]):
        assert userinfo(other).status_code == 401
    assert userinfo(access).status_code == 200


# G09
def test_userinfo_reads_header_and_form_and_never_the_query() -> None:
    client, member = make_client(), make_member()
    access = redeem(client, code_for(member, client)).json()["access_token"]
    by_header = {"authorization": f"Bearer {access}"}
    assert browser().get("/api/oidc/userinfo", headers=by_header).status_code == 200
    assert browser().post("/api/oidc/userinfo", headers=by_header).status_code == 200
    assert post_form("/api/oidc/userinfo", {"access_token": access}).status_code == 200
    assert post_form("/api/oidc/userinfo", {"access_token": access}, by_header).status_code == 400
    for refused in (
        browser().get(f"/api/oidc/userinfo?access_token={access}"),
        post_form(f"/api/oidc/userinfo?access_token={access}", {}),
        browser().get("/api/oidc/userinfo", headers={"authorization": f"Basic {access}"}),
        browser().get("/api/oidc/userinfo", headers={"authorization": "Bearer"}),
        browser().get("/api/oidc/userinfo"),
    ):
        assert refused.status_code == 401
        # RFC 6750 §3.1: no error code for whoever sent no token
        assert refused.headers["WWW-Authenticate"] == 'Bearer realm="hearthkey"'
        assert "error" not in refused.json()
        assert refused.headers["Cache-Control"] == "no-store"
    wrong = userinfo("wrong").headers["WWW-Authenticate"]
    assert wrong.startswith('Bearer realm="hearthkey", error="invalid_token", error_description="')
    assert "scope=" not in wrong


def test_an_expired_access_token_is_refused_whatever_a_clean_up_did() -> None:
    client, member = make_client(), make_member()
    access = redeem(client, code_for(member, client)).json()["access_token"]
    assert userinfo(access).status_code == 200
    AccessToken.objects.update(expires=timezone.now())
    assert userinfo(access).status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "/api/oidc/token",
        "/api/oidc/userinfo",
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
        "/.well-known/jwks.json",
    ],
)
def test_scripts_of_any_page_may_ask(path: str) -> None:
    headers = {"origin": "https://spa.test", "access-control-request-method": "POST"}
    preflight = browser().options(path, headers=headers)
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]
    assert browser().get(path, headers=headers).headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in browser().get("/authorize", headers=headers).headers

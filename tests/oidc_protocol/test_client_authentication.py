"""Which client is asking."""

from __future__ import annotations

import base64
import logging
from datetime import timedelta
from typing import Any
from urllib.parse import quote_plus

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oidc_clients.models import ClientSecret
from tests.support.oidc_protocol.factories import (
    CALLBACK,
    SECRET,
    VERIFIER,
    add_secret,
    basic,
    code_for,
    make_client,
    make_member,
    post_form,
    redeem,
    token,
)

pytestmark = pytest.mark.django_db


def form_for(code: str, **more: str) -> dict[str, str]:
    return {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        **more,
    }


# D01
def test_a_confidential_client_must_prove_itself() -> None:
    client, member = make_client(), make_member()
    code = code_for(member, client)
    for form in (
        form_for(code),
        form_for(code, client_id="app"),
        form_for(code, client_id="nobody", client_secret=SECRET),
    ):
        refused = post_form("/api/oidc/token", form)
        assert refused.status_code == 401
        assert refused.json()["error"] == "invalid_client"
        assert refused.headers["WWW-Authenticate"].startswith("Basic ")
    assert redeem(client, code).status_code == 200


# D03
def test_basic_and_post_both_work_and_both_at_once_do_not() -> None:
    client, member = make_client(), make_member()
    code = code_for(member, client)
    headers = {"authorization": basic("app", SECRET)}
    both = post_form("/api/oidc/token", form_for(code, client_id="app", client_secret=SECRET), headers)
    assert both.status_code == 400
    assert both.json()["error"] == "invalid_request"
    other = post_form("/api/oidc/token", form_for(code, client_id="somebody"), headers)
    assert other.status_code == 400
    assert post_form("/api/oidc/token", form_for(code, client_id="app"), headers).status_code == 200
    code = code_for(member, client)
    assert post_form("/api/oidc/token", form_for(code, client_id="app", client_secret=SECRET)).status_code == 200


# D03
@pytest.mark.parametrize("wrong", ["wrong", SECRET + "x", SECRET[:-1], ""])
def test_a_wrong_secret_never_costs_the_code(wrong: str) -> None:
    client, member = make_client(), make_member()
    code = code_for(member, client)
    assert redeem(client, code, secret=wrong).status_code == 401
    assert redeem(client, code).status_code == 200


# D04
def test_two_secrets_overlap_and_an_expired_one_ends() -> None:
    client, member = make_client(), make_member()
    second = add_secret(client, "second-secret-0123456789", expires_at=timezone.now() + timedelta(hours=1))
    assert redeem(client, code_for(member, client)).status_code == 200
    assert redeem(client, code_for(member, client), secret="second-secret-0123456789").status_code == 200
    ClientSecret.objects.filter(pk=second.pk).update(expires_at=timezone.now())
    assert redeem(client, code_for(member, client), secret="second-secret-0123456789").status_code == 401
    assert redeem(client, code_for(member, client)).status_code == 200


@pytest.mark.parametrize("secret", ["with:colon/and=more-of-it", "per%20cent-plus+and more", "ümlaut-ümlaut-ümlaut"])
def test_secrets_of_any_characters_work_encoded_or_not(secret: str) -> None:
    client, member = make_client(secret=secret), make_member()
    for sent in (secret, quote_plus(secret)):
        assert redeem(client, code_for(member, client), secret=sent).status_code == 200


def test_the_last_use_is_noted_at_most_once_a_minute() -> None:
    client, member = make_client(), make_member()
    redeem(client, code_for(member, client))
    noted = ClientSecret.objects.get().last_used_at
    assert noted is not None
    redeem(client, code_for(member, client))
    assert ClientSecret.objects.get().last_used_at == noted
    ClientSecret.objects.update(last_used_at=noted - timedelta(minutes=2))
    redeem(client, code_for(member, client))
    assert ClientSecret.objects.get().last_used_at >= noted


# D02
@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic ",
        "Basic !!!!",
        "Basic YQ",
        "Basic " + base64.b64encode(b"no-colon").decode(),
        "Basic " + base64.b64encode(b":secret").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
        "Basic " + base64.b64encode(b"app\x00:x").decode(),
        "Basic " + base64.b64encode(b"a" * 1_000_000 + b":x").decode(),
        "Basic " + base64.b64encode(b"%00app:x").decode(),
        "Bearer abc",
        "Negotiate abc",
        "",
        "\xff\xfe",
    ],
)
def test_malformed_credentials_are_refused_politely(header: str) -> None:
    client, member = make_client(), make_member()
    code = code_for(member, client)
    refused = post_form("/api/oidc/token", form_for(code), {"authorization": header})
    assert refused.status_code == 401
    assert refused.json()["error"] == "invalid_client"
    assert redeem(client, code).status_code == 200


# D02
@pytest.mark.parametrize(
    "client_id", ["a\x00b", "x" * 1_000_000, "\ud800".encode("utf-8", "surrogatepass"), b"\xff", "app\n"]
)
def test_a_malformed_client_id_is_refused_politely(client_id: Any) -> None:
    make_client()
    for form in (
        {"client_id": client_id, "grant_type": "refresh_token"},
        {"client_id": client_id, "client_secret": SECRET},
    ):
        assert post_form("/api/oidc/token", form).status_code in (400, 401)


# D02
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    header=st.one_of(
        st.text(max_size=60), st.binary(max_size=60).map(lambda b: "Basic " + base64.b64encode(b).decode())
    )
)
def test_no_authorization_header_is_a_server_error(header: str) -> None:
    safe = header.encode("latin-1", "replace").decode("latin-1")
    assert post_form("/api/oidc/token", {"grant_type": "refresh_token"}, {"authorization": safe}).status_code in (
        400,
        401,
    )


# D07, V44
def test_no_secret_reaches_the_log(caplog: pytest.LogCaptureFixture) -> None:
    client, member = make_client(), make_member()
    with caplog.at_level(logging.DEBUG):
        code = code_for(member, client)
        redeem(client, code, secret="canary-secret-0123456789")
        redeem(client, "canary-code")
        tokens = redeem(client, code).json()
        token(
            {"grant_type": "refresh_token", "refresh_token": "canary-token", "client_id": "canary\x00"}, client, SECRET
        )
    logged = "\n".join(f"{record.getMessage()} {record.args}" for record in caplog.records)
    assert "wrong_or_expired_secret" in logged
    assert "unknown_code" in logged
    for value in (
        "canary",
        code,
        SECRET,
        VERIFIER,
        tokens["access_token"],
        tokens["refresh_token"],
        tokens["id_token"],
    ):
        assert value not in logged

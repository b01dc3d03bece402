from __future__ import annotations

import base64
import logging

import pytest
from django.test import Client as Browser
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.oidc_clients import world
from tests.support.oidc_clients.world import CHALLENGE, FORM, SECRET, VERIFIER, RelyingParty


def test_without_credentials_a_confidential_client_is_refused(app: RelyingParty, browser: Browser) -> None:  # D01
    code = app.code(browser)
    refused = app.redeem(code, client_secret=None)
    assert refused.status_code == 401
    assert refused.json()["error"] == "invalid_client"
    assert "Basic" in refused.headers["WWW-Authenticate"]
    assert "no-store" in refused.headers["Cache-Control"]  # B10
    assert app.redeem(code).status_code == 200


def test_basic_and_post_both_work_on_one_client_and_both_at_once_do_not(app: RelyingParty, browser: Browser) -> None:
    # D03
    form = {"grant_type": "authorization_code", "redirect_uri": world.CALLBACK}
    code = app.code(browser)
    both = app.token(basic=True, code=code, client_id=app.client_id, client_secret=SECRET, **form)
    assert both.status_code == 400
    assert both.json()["error"] == "invalid_request"
    assert app.token(basic=True, code=code, **form).status_code == 200
    assert app.token(code=app.code(browser), **form).status_code == 200


def test_a_failed_authentication_consumes_no_code(app: RelyingParty, browser: Browser) -> None:  # D03
    code = app.code(browser)
    assert app.redeem(code, client_secret="another-secret-of-some-length").status_code == 401
    assert app.redeem(code).status_code == 200


def test_a_basic_pair_is_form_decoded(app: RelyingParty, browser: Browser) -> None:  # D02
    strange = world.register("Strange")
    from oidc_clients.services.client_secrets import add_client_secret  # noqa: PLC0415

    add_client_secret(client=strange.row, supplied="with:colon+plus%percent/and=more", actor=None)
    encoded = "with%3Acolon%2Bplus%25percent%2Fand%3Dmore"
    pair = base64.b64encode(f"{strange.client_id}:{encoded}".encode()).decode()
    answer = Browser().post(
        "/api/oidc/token",
        "grant_type=authorization_code&code=unknown",
        content_type=FORM,
        headers={"authorization": f"Basic {pair}"},
    )
    assert answer.json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic " + base64.b64encode(b"no-colon").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
        "Basic " + base64.b64encode(b"a\x00b:c").decode(),
        "Basic " + base64.b64encode(b"x" * 100_000 + b":y").decode(),
        "Basic " + base64.b64encode(b"a%zz:b%").decode(),
        "Bearer x",
        "Digest x",
    ],
)
def test_a_malformed_authorization_header_is_4xx(app: RelyingParty, header: str) -> None:  # D02
    answer = Browser().post(
        "/api/oidc/token", "grant_type=authorization_code&code=x", content_type=FORM, headers={"authorization": header}
    )
    assert answer.status_code in (400, 401)
    assert answer.json()["error"] in ("invalid_request", "invalid_client")


def test_only_forms_and_nothing_in_the_address(app: RelyingParty) -> None:  # B11
    as_json = Browser().post("/api/oidc/token", "{}", content_type="application/json")
    assert as_json.status_code in (400, 415)
    assert as_json.json()["error"] == "invalid_request"
    in_query = Browser().post("/api/oidc/token?grant_type=authorization_code", "", content_type=FORM)
    assert in_query.status_code == 400
    assert Browser().get("/api/oidc/token").status_code == 405
    twice = f"grant_type=a&grant_type=b&client_id={app.client_id}&client_secret={SECRET}"
    assert Browser().post("/api/oidc/token", twice, content_type=FORM).json()["error"] == "invalid_request"


@pytest.mark.parametrize(
    "grant_type", ["password", "client_credentials", "implicit", "", "x" * 1000, "refresh_token\x00"]
)
def test_other_grants_are_refused(app: RelyingParty, grant_type: str) -> None:  # B12
    answer = app.token(grant_type=grant_type, username="a", password="b")
    assert answer.status_code == 400
    assert answer.json()["error"] in ("unsupported_grant_type", "invalid_request")


def test_public_clients_need_pkce_with_s256(browser: Browser) -> None:  # B06
    app = world.register(is_public=True)
    for changes in ({}, {"code_challenge": VERIFIER, "code_challenge_method": "plain"}, {"code_challenge": CHALLENGE}):
        refused = world.answer_of(app.authorize(browser, **changes))
        assert refused["error"] == "invalid_request", changes
    unknown = {"code_challenge": CHALLENGE, "code_challenge_method": "S512"}
    assert world.answer_of(app.authorize(browser, **unknown))["error"] == "invalid_request"
    code = app.code(browser, code_challenge=CHALLENGE, code_challenge_method="S256")
    assert app.redeem(code, code_verifier=VERIFIER).status_code == 200


@pytest.mark.parametrize("verifier", [None, "", "v" * 42, "v" * 129, "v" * 42 + "+", "w" * 64])
def test_a_challenge_wants_its_verifier(app: RelyingParty, browser: Browser, verifier: str | None) -> None:  # B07
    code = app.code(browser, code_challenge=CHALLENGE, code_challenge_method="S256")
    assert app.redeem(code, code_verifier=verifier).json()["error"] in ("invalid_grant", "invalid_request")
    assert app.redeem(code, code_verifier=VERIFIER).status_code == 200


def test_a_verifier_without_a_challenge_is_refused(app: RelyingParty, browser: Browser) -> None:  # B08
    code = app.code(browser)
    assert app.redeem(code, code_verifier=VERIFIER).json()["error"] == "invalid_grant"
    assert app.redeem(code).status_code == 200


def test_secrets_are_compared_in_constant_time() -> None:  # B09
    from oidc_clients.protocol import pkce  # noqa: PLC0415
    from oidc_clients.services import client_authentication  # noqa: PLC0415

    for module in (pkce, client_authentication):
        assert module.__file__
        with open(module.__file__, encoding="utf-8") as source:
            assert "compare_digest" in source.read()


def test_no_secret_reaches_the_log(
    app: RelyingParty, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:  # D07
    caplog.set_level(logging.DEBUG)
    code = app.code(browser)
    tokens = app.redeem(code).json()
    app.redeem(code, client_secret="canary-of-a-wrong-secret")
    app.refresh("canary-of-a-refresh-token")
    text = "\n".join(str(record.__dict__) for record in caplog.records if not record.name.startswith("django.db"))
    for value in (code, SECRET, "canary-of", tokens["access_token"], tokens["refresh_token"], tokens["id_token"]):
        assert value not in text


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=300), header=st.text(max_size=80), kind=st.sampled_from([FORM, "text/plain", "", "x/y; z"])
)
@pytest.mark.django_db
def test_whatever_is_posted_is_answered_with_4xx(app: RelyingParty, body: bytes, header: str, kind: str) -> None:  # D02
    value = header.encode("ascii", "ignore").decode().replace("\r", "").replace("\n", "")
    answer = Browser().generic("POST", "/api/oidc/token", body, kind, headers={"authorization": value})
    assert 400 <= answer.status_code < 500
    assert answer.json()["error"]

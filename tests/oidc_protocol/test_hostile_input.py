"""Whatever is sent: an answer of the specification or a page, never a server error, never a lost row."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oidc_clients.models import Client, Grant, RefreshToken
from tests.support.oidc_protocol.factories import (
    CALLBACK,
    SECRET,
    basic,
    browser,
    code_for,
    make_client,
    make_member,
    post_form,
    redeem,
    request_for,
    signed_in,
    tokens_for,
)

pytestmark = pytest.mark.django_db
thorough = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))

NAMES = st.sampled_from(
    [
        *(
            "client_id",
            "redirect_uri",
            "response_type",
            "response_mode",
            "scope",
            "state",
            "nonce",
            "prompt",
            "max_age",
        ),
        *("code_challenge", "code_challenge_method", "request", "request_uri", "claims", "id_token_hint", "login_hint"),
        *("acr_values", "ui_locales", "display", "resource", "interaction", "", "x"),
    ]
)
VALUES = st.one_of(
    st.text(max_size=50),
    st.sampled_from(
        ["app", CALLBACK, "code", "openid", "none", "login", "0", "-1", "9" * 30, "\x00", "a\x00b", "\r\n", "💥"]
    ),
    st.integers().map(str),
)


# Bad input
@thorough
@given(changes=st.lists(st.tuples(NAMES, VALUES), max_size=6), is_form=st.booleans(), is_signed_in=st.booleans())
def test_no_authorization_request_is_a_server_error(
    changes: list[tuple[str, str]], is_form: bool, is_signed_in: bool, hostile: Any
) -> None:
    client, member = hostile
    pairs = [*request_for(client).items()]
    replaced = {name for name, _ in changes}
    pairs = [pair for pair in pairs if pair[0] not in replaced] + changes
    found = signed_in(member) if is_signed_in else browser()
    body = urlencode(pairs, errors="surrogatepass")
    if is_form:
        response = found.post("/authorize", data=body, content_type="application/x-www-form-urlencoded")
    else:
        response = found.get(f"/authorize?{body}")
    assert response.status_code in (200, 302, 303, 400, 403)
    location = response.headers.get("Location", "")
    assert location.startswith((f"{CALLBACK}?", "/login?", "/authorize?")) or not location


@pytest.fixture
def hostile() -> Any:
    return make_client(), make_member()


@pytest.mark.parametrize("value", ["n" * 256, "n" * 2048, "n" * 2049, "n" * 9000, "n\x00", "💥" * 100])
@pytest.mark.parametrize(
    "name", ["nonce", "state", "scope", "code_challenge", "prompt", "max_age", "response_mode", "login_hint"]
)
def test_huge_and_odd_values_are_answered(name: str, value: str) -> None:
    client, member = make_client(skip_authorization=True), make_member()
    found = signed_in(member)
    response = found.get("/authorize", request_for(client, **{name: value}))
    assert response.status_code == 302
    assert response.headers["Location"].startswith(CALLBACK)
    assert found.post("/authorize", request_for(client, **{name: value})).status_code in (200, 303)


@pytest.mark.parametrize("value", ["x", "", "\x00", "../..", "0" * 5000, "00000000-0000-4000-8000-000000000000"])
def test_an_unknown_interaction_shows_a_page(value: str) -> None:
    for path in (f"/authorize?{urlencode({'interaction': value})}",):
        assert browser().get(path).status_code == 400
    assert browser().post("/authorize/00000000-0000-4000-8000-000000000000/consent").status_code == 400


# M04
def test_a_huge_body_is_refused_by_its_size() -> None:
    make_client()
    body = "client_id=" + "x" * 3_000_000
    assert post_form("/api/oidc/token", body).status_code == 413
    assert browser().post("/authorize", data=body, content_type="application/x-www-form-urlencoded").status_code == 400
    many = "&".join(f"p{number}=1" for number in range(3000))
    refused = post_form("/api/oidc/token", many)
    assert refused.status_code == 400
    assert refused.json()["error"] == "invalid_request"
    assert browser().get(f"/authorize?{many}").status_code == 400


@pytest.mark.parametrize("charset", ["utf-16", "nonsense", "latin-1", "utf-8"])
def test_another_charset_is_no_server_error(charset: str) -> None:
    response = browser().generic(
        "POST", "/api/oidc/token", b"grant_type=\xff\xfe", f"application/x-www-form-urlencoded; charset={charset}"
    )
    assert response.status_code in (400, 401)
    assert response.json()["error"] in ("invalid_request", "invalid_client")


TOKEN_NAMES = st.sampled_from(
    [
        *(
            "grant_type",
            "code",
            "redirect_uri",
            "code_verifier",
            "refresh_token",
            "scope",
            "client_id",
            "client_secret",
        ),
        *("client_assertion", "client_assertion_type", "resource", "x", ""),
    ]
)
TOKEN_VALUES = st.one_of(
    VALUES, st.sampled_from(["authorization_code", "refresh_token", "password", SECRET]), st.text(max_size=2000)
)


# Bad input
@thorough
@given(form=st.lists(st.tuples(TOKEN_NAMES, TOKEN_VALUES), max_size=8), with_header=st.booleans())
def test_no_token_request_is_a_server_error_or_costs_a_row(
    form: list[tuple[str, str]], with_header: bool, granted: Any
) -> None:
    headers = {"authorization": basic("app", SECRET)} if with_header else {}
    response = post_form("/api/oidc/token", urlencode(form, errors="surrogatepass"), headers)
    assert response.status_code in (400, 401, 415)
    assert response.json()["error"] in ("invalid_request", "invalid_client", "invalid_grant", "unsupported_grant_type")
    assert Grant.objects.filter(used_at=None).count() == 1
    assert RefreshToken.objects.filter(rotated_at=None, revoked=None).count() == 1


# Bad input
@thorough
@given(body=st.binary(max_size=300))
def test_no_bytes_are_a_server_error(body: bytes) -> None:
    # The test browser sends no content type with an empty body, hence 415.
    assert post_form("/api/oidc/token", body).status_code in (400, 401, 415)
    assert post_form("/api/oidc/userinfo", body).status_code in (400, 401)


@pytest.fixture
def granted() -> Any:
    client, member = make_client(), make_member()
    tokens_for(member, client)
    return code_for(member, client)


def test_the_twin_of_all_hostile_token_requests_succeeds(granted: str) -> None:
    assert redeem(Client.objects.get(), granted).status_code == 200

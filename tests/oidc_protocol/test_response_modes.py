"""How answers and errors reach the client: query, fragment, form_post."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Group

from oidc_clients.models import Grant, Interaction
from tests.support.oidc_protocol.factories import (
    CALLBACK,
    ISSUER,
    answer_of,
    ask,
    browser,
    form_of,
    make_client,
    make_member,
    redeem,
    request_for,
    signed_in,
)

pytestmark = pytest.mark.django_db

MODES = ["query", "fragment", "form_post"]
# Everything that could leave an attribute, an element or a script of a page.
HOSTILE = "\"><script>alert(1)</script>'&amp;<!-- ]]> </form><form action=https://evil.test> é \u2028"


# A08, A09
@pytest.mark.parametrize("mode", [None, *MODES])
def test_each_mode_carries_the_answer_with_state_and_issuer(mode: str | None) -> None:
    client, member = make_client(skip_authorization=True), make_member()
    response = ask(signed_in(member), client, response_mode=mode)
    answer = answer_of(response)
    assert set(answer) == {"code", "state", "iss"}
    assert answer["state"] == "a state"
    assert answer["iss"] == ISSUER == browser().get("/.well-known/openid-configuration").json()["issuer"]
    if mode == "form_post":
        assert response.status_code == 200
        form = form_of(response)
        assert form is not None
        assert form.action == CALLBACK
    else:
        address = urlsplit(response.headers["Location"])
        assert response.status_code == 302
        assert bool(address.fragment) is (mode == "fragment")
        assert bool(address.query) is (mode != "fragment")
    assert redeem(client, answer["code"]).status_code == 200


# A09
@pytest.mark.parametrize("mode", [None, *MODES])
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"response_type": "code token"}, "unsupported_response_type"),
        ({"response_type": None}, "invalid_request"),
        ({"prompt": "none"}, "login_required"),
        ({"request": "x.y.z"}, "request_not_supported"),
        ({"claims": "{"}, "invalid_request"),
    ],
)
def test_errors_go_out_in_the_mode_that_was_asked_for(
    changes: dict[str, str | None], error: str, mode: str | None
) -> None:
    client = make_client()
    response = ask(browser(), client, response_mode=mode, **changes)
    assert (form_of(response) is not None) is (mode == "form_post")
    assert ("#" in response.headers.get("Location", "")) is (mode == "fragment")
    answer = answer_of(response)
    assert set(answer) == {"error", "error_description", "state", "iss"}
    assert answer["error"] == error
    assert answer["iss"] == ISSUER
    assert answer["state"] == "a state"
    assert not Interaction.objects.exists()


# A08
@pytest.mark.parametrize("mode", ["web_message", "QUERY", "form_post.jwt", "jwt", "x", "query fragment"])
def test_an_unknown_mode_is_refused_in_the_default_one(mode: str) -> None:
    client, member = make_client(skip_authorization=True), make_member()
    response = ask(signed_in(member), client, response_mode=mode)
    assert response.status_code == 302
    assert "#" not in response.headers["Location"]
    assert answer_of(response)["error"] == "invalid_request"
    assert not Grant.objects.exists()


# A13
def test_a_doubled_mode_is_refused_in_the_default_one() -> None:
    client, member = make_client(skip_authorization=True), make_member()
    pairs = {**request_for(client), "response_mode": ["form_post", "fragment"]}
    response = signed_in(member).get("/authorize", pairs)
    assert response.status_code == 302
    assert answer_of(response)["error"] == "invalid_request"


def test_a_form_for_an_apps_own_scheme_is_refused_and_a_query_is_not() -> None:
    client, member = make_client(skip_authorization=True, redirect_uris=["app.immich:///oauth-callback"]), make_member()
    refused = ask(signed_in(member), client, response_mode="form_post")
    assert refused.headers["Location"].startswith("app.immich:///oauth-callback?error=invalid_request&")
    assert answer_of(ask(signed_in(member), client, response_mode="query"))["code"]


# A12, V14
@pytest.mark.parametrize("is_refusal", [False, True])
def test_the_form_escapes_what_the_client_sent_and_needs_nothing_inline(is_refusal: bool) -> None:
    client, member = make_client(skip_authorization=True), make_member()
    found = browser() if is_refusal else signed_in(member)
    response = ask(found, client, response_mode="form_post", state=HOSTILE, prompt="none" if is_refusal else None)
    page, form = response.content.decode(), form_of(response)
    assert form is not None
    assert form.action == CALLBACK
    assert form.fields["state"] == HOSTILE
    assert "error" in form.fields if is_refusal else "code" in form.fields
    assert form.tags.count("form") == 1
    # One script, of this origin, and no text inside of any.
    assert [source.rpartition("/")[2] for source in form.scripts] == ["form_post.js"]
    assert "<script>" not in page
    assert "onload" not in page
    assert "noscript" in form.tags
    assert 'type="submit"' in page


# A12, A11
def test_the_form_page_says_nothing_of_forms_and_is_not_kept() -> None:
    client, member = make_client(skip_authorization=True), make_member()
    pages = [ask(signed_in(member), client, response_mode="form_post") for _ in range(2)]
    headers = pages[0].headers
    policy = headers["Content-Security-Policy"]
    assert "form-action" not in policy
    assert "default-src 'none'" in policy
    # The page's script runs by its nonce, which is another on each page, and no other script does.
    nonces = [page.headers["Content-Security-Policy"].partition("; script-src ")[2] for page in pages]
    assert re.fullmatch(r"'nonce-[A-Za-z0-9_-]{22}'", nonces[0])
    assert nonces[0] != nonces[1]
    assert [f'<script nonce="{nonce[7:-1]}" defer' in page.content.decode() for nonce in nonces for page in pages] == [
        True,
        False,
        False,
        True,
    ]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Cross-Origin-Opener-Policy"] == "unsafe-none"


# A10
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("path", ["consent", "cancel"])
def test_a_form_of_ours_ends_in_a_page_never_in_a_redirect_to_the_client(path: str, mode: str) -> None:
    client, member = make_client(), make_member()
    found = signed_in(member)
    assert ask(found, client, response_mode=mode).status_code == 303
    response = found.post(f"/authorize/{Interaction.objects.get().pk}/{path}")
    assert response.status_code == 200
    assert "Location" not in response.headers
    answer = answer_of(response)
    assert ("code" in answer) is (path == "consent")
    assert answer.get("error") == (None if path == "consent" else "access_denied")
    assert answer["iss"] == ISSUER
    assert (form_of(response) is not None) is (mode == "form_post")
    assert ("form-action 'none'" in response.headers["Content-Security-Policy"]) is (mode != "form_post")
    if mode != "form_post":
        assert f'content="0; url={CALLBACK}{"#" if mode == "fragment" else "?"}' in response.content.decode()


# A10
@pytest.mark.parametrize("mode", MODES)
def test_a_posted_request_that_is_refused_ends_in_a_page_too(mode: str) -> None:
    client = make_client()
    response = browser(enforce_csrf_checks=True).post(
        "/authorize", request_for(client, response_type="token", response_mode=mode)
    )
    assert response.status_code == 200
    assert answer_of(response)["error"] == "unsupported_response_type"
    # The twin waits for its person.
    twin = browser(enforce_csrf_checks=True).post("/authorize", request_for(client, response_mode=mode))
    assert twin.status_code == 303
    assert twin.headers["Location"].startswith("/authorize?interaction=")


@pytest.mark.parametrize("mode", MODES)
def test_a_posted_silent_request_is_answered_after_one_redirect(mode: str) -> None:
    client, member = make_client(skip_authorization=True), make_member()
    request = request_for(client, response_mode=mode, prompt="none")
    stranger = browser(enforce_csrf_checks=True)
    refused = stranger.get(stranger.post("/authorize", request).headers["Location"])
    assert answer_of(refused)["error"] == "login_required"
    found = signed_in(member, enforce_csrf_checks=True)
    assert answer_of(found.get(found.post("/authorize", request).headers["Location"]))["code"]


# A16
@pytest.mark.parametrize("mode", MODES)
def test_who_is_denied_goes_back_in_the_mode_that_was_asked_for(mode: str) -> None:
    client, member = make_client(groups=(Group.objects.create(name="family"),)), make_member()
    found = signed_in(member)
    response: Any = found.get(ask(found, client, response_mode=mode).headers["Location"])
    page = response.content.decode()
    assert response.status_code == 403
    assert "Not you?" in page
    if mode == "form_post":
        assert f'<form method="post" action="{CALLBACK}">' in page
        assert 'name="error" value="access_denied"' in page
        assert f'name="iss" value="{ISSUER}"' in page
        assert "form-action" not in response.headers["Content-Security-Policy"]
    else:
        assert f'href="{CALLBACK}{"#" if mode == "fragment" else "?"}error=access_denied' in page
    silent = ask(found, client, response_mode=mode, prompt="none")
    assert answer_of(silent)["error"] == "access_denied"


# A04, A12, V13
@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "JavaScript://app.example.test/%0aalert(1)", "data:text/html,x"]
)
@pytest.mark.parametrize("asked", [{}, {"prompt": "none"}, {"response_type": "token"}])
def test_no_form_is_ever_posted_to_a_script(address: str, asked: dict[str, str]) -> None:
    # Written past every check of the registration, as an import or an older version could have.
    client, member = make_client(skip_authorization=True, redirect_uris=[address, CALLBACK]), make_member()
    refused = ask(signed_in(member), client, response_mode="form_post", redirect_uri=address, **asked)
    assert refused.status_code == 400
    assert form_of(refused) is None
    assert f'"{address}' not in refused.content.decode(), "It may be shown, but not followed"
    assert (
        form_of(ask(signed_in(member), client, response_mode="form_post", redirect_uri=CALLBACK, **asked)) is not None
    )

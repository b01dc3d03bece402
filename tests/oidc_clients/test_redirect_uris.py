from __future__ import annotations

import pytest
from django.test import Client as Browser

from oidc_clients.models import Client, Interaction
from tests.support.oidc_clients import world
from tests.support.oidc_clients.world import CALLBACK, RelyingParty

MUTATIONS = [
    "https://app.example.org/Callback",
    "https://app.example.org/callback/",
    "https://app.example.org/callback/..",
    "https://app.example.org/callback/../callback",
    "https://app.example.org/callback/..;/",
    "https://app.example.org/callback;x",
    "https://app.example.org/callbac%6b",
    "https://app.example.org/%2e/callback",
    "https://app.example.org/./callback",
    "https://app.example.org//callback",
    "https://app.example.org/callback?x=1",
    "https://app.example.org/callback?",
    "https://app.example.org/callback#",
    "https://app.example.org/callback#f",
    "https://app.example.org/callback%23",
    "https://app.example.org/callback%00",
    "https://app.example.org/callback\x00",
    "https://app.example.org/callback ",
    " https://app.example.org/callback",
    "https://app.example.org/callback\t",
    "https://app.example.org/callback\n",
    "https://app.example.org:443/callback",
    "https://app.example.org:8443/callback",
    "https://app.example.org.evil.example/callback",
    "https://appxexample.org/callback",
    "https://evil.example/https://app.example.org/callback",
    "https://app.example.org@evil.example/callback",
    "https://user@app.example.org/callback",
    "https://a@b@app.example.org/callback",
    "https://app.example.org\\@evil.example/callback",
    "https://app.example.org/callback\\",
    "https:/app.example.org/callback",
    "https:app.example.org/callback",
    "//app.example.org/callback",
    "/callback",
    "callback",
    "http://app.example.org/callback",
    "HTTPS://app.example.org/callback",
    "https://APP.example.org/callback",
    "https://app.example.org./callback",
    "https://*.example.org/callback",
    "javascript:alert(1)",
    "data:text/html,x",
    "",
]


@pytest.mark.parametrize("uri", MUTATIONS)
def test_any_other_address_gets_an_error_page_and_no_redirect(app: RelyingParty, browser: Browser, uri: str) -> None:
    # A01, A02
    response = app.authorize(browser, redirect_uri=uri)
    assert response.status_code == 400
    assert "Location" not in response.headers
    assert "http-equiv" not in response.content.decode()
    assert not Interaction.objects.exists()


def test_the_registered_address_is_answered(app: RelyingParty, browser: Browser) -> None:  # A01
    assert world.address_of(world.finish(browser, app.authorize(browser))).startswith(f"{CALLBACK}?")


@pytest.mark.parametrize(
    "wrong",
    [
        {"response_type": "token"},
        {"response_type": None},
        {"prompt": "none"},
        {"prompt": "none login"},
        {"scope": None},
        {"request": "x"},
        {"code_challenge_method": "plain", "code_challenge": "x" * 43},
        {"max_age": "soon"},
    ],
)
def test_no_error_redirects_before_client_and_address_are_valid(
    app: RelyingParty, browser: Browser, wrong: dict[str, str | None]
) -> None:  # A05
    for changes in ({"redirect_uri": "https://evil.example/"}, {"client_id": "nobody"}, {"redirect_uri": None}):
        response = app.authorize(browser, **{**wrong, **changes})
        assert response.status_code == 400
        assert "Location" not in response.headers
    anonymous = app.authorize(Browser(), **{**wrong, "redirect_uri": "https://evil.example/"})
    assert "Location" not in anonymous.headers


def test_a_client_without_addresses_is_refused_and_learns_none(browser: Browser) -> None:  # A06
    app = world.register()
    Client.objects.filter(pk=app.row.pk).update(redirect_uris=[])
    response = app.authorize(browser)
    assert response.status_code == 400
    assert "Location" not in response.headers
    assert Client.objects.get(pk=app.row.pk).redirect_uris == []


@pytest.mark.parametrize(
    ("registered", "accepted", "refused"),
    [
        ("http://127.0.0.1/cb", "http://127.0.0.1:49152/cb", "http://127.0.0.1.evil.com:1/cb"),
        ("http://127.0.0.1/cb", "http://127.0.0.1:1/cb", "http://127.0.0.1:1/cb2"),
        ("http://[::1]/cb", "http://[::1]:49152/cb", "http://[::2]:49152/cb"),
        ("app.immich:///oauth-callback", "app.immich:///oauth-callback", "app.immich:///oauth-callbacx"),
        ("arcane-mobile://oidc-callback", "arcane-mobile://oidc-callback", "arcane-mobile://oidc-callbac"),
        ("oc://android.owncloud.com", "oc://android.owncloud.com", "oc://android.owncloud.con"),
        ("https://app.example.org/a?b=c", "https://app.example.org/a?b=c", "https://app.example.org/a?b=d"),
    ],
)
def test_loopback_ports_and_custom_schemes(browser: Browser, registered: str, accepted: str, refused: str) -> None:
    # A03
    app = world.register(redirect_uris=[registered], skip_authorization=True)
    assert app.authorize(browser, redirect_uri=accepted).headers["Location"].startswith(accepted)
    assert app.authorize(browser, redirect_uri=refused).status_code == 400


@pytest.mark.parametrize("prompt", [None, "none", "consent"])
def test_every_answer_names_the_issuer_and_keeps_the_state(
    app: RelyingParty, browser: Browser, prompt: str | None
) -> None:  # A09, A10
    issuer = browser.get("/.well-known/openid-configuration").json()["issuer"]
    response = world.finish(browser, app.authorize(browser, prompt=prompt, state="s p/&=ü"))
    answer = world.answer_of(response)
    assert answer["iss"] == issuer
    assert answer["state"] == "s p/&=ü"
    failed = world.answer_of(app.authorize(browser, response_type="token"))
    assert failed["iss"] == issuer
    assert failed["error"] == "unsupported_response_type"


def test_a_state_that_is_short_or_missing_is_accepted(app: RelyingParty, browser: Browser) -> None:
    assert world.answer_of(world.finish(browser, app.authorize(browser, state="x")))["state"] == "x"
    assert "state" not in world.answer_of(app.authorize(browser, state=None))

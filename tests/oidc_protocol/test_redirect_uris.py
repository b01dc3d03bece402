"""Where an answer may go, and where an error may go."""

from __future__ import annotations

import time

import pytest
from django.utils.html import escape

from oidc_clients.exceptions import InvalidRedirectUri
from oidc_clients.models import Client, Grant, Interaction
from oidc_clients.protocol.redirect_uri import redirect_uri_matches, validate_callback_url, validate_redirect_uri
from tests.support.oidc_protocol.factories import CALLBACK, answer_of, ask, browser, make_client, make_member, signed_in

REGISTERED = "https://foo.example.com/app/callback?tenant=1"
MUTATIONS = [
    "https://fooaexample.com/app/callback?tenant=1",
    "https://FOO.example.com/app/callback?tenant=1",
    "HTTPS://foo.example.com/app/callback?tenant=1",
    "http://foo.example.com/app/callback?tenant=1",
    "https://foo.example.com:443/app/callback?tenant=1",
    "https://foo.example.com:8443/app/callback?tenant=1",
    "https://foo.example.com./app/callback?tenant=1",
    "https://foo.example.com.evil.test/app/callback?tenant=1",
    "https://evil.test/foo.example.com/app/callback?tenant=1",
    "https://sub.foo.example.com/app/callback?tenant=1",
    "https://foo.example.com@evil.test/app/callback?tenant=1",
    "https://ok@foo.example.com/app/callback?tenant=1",
    "https://ok:pw@foo.example.com/app/callback?tenant=1",
    "https://a@b@foo.example.com/app/callback?tenant=1",
    "https://foo.example.com\\@evil.test/app/callback?tenant=1",
    "https://foo.example.com/App/callback?tenant=1",
    "https://foo.example.com/app/callback/?tenant=1",
    "https://foo.example.com//app/callback?tenant=1",
    "https://foo.example.com/app//callback?tenant=1",
    "https://foo.example.com/app/./callback?tenant=1",
    "https://foo.example.com/app/x/../callback?tenant=1",
    "https://foo.example.com/app/callback/..?tenant=1",
    "https://foo.example.com/app/callback/..;/x?tenant=1",
    "https://foo.example.com/app/callback;x?tenant=1",
    "https://foo.example.com/app/%63allback?tenant=1",
    "https://foo.example.com/app%2fcallback?tenant=1",
    "https://foo.example.com/app/%2e%2e/app/callback?tenant=1",
    "https://foo.example.com/app/callback",
    "https://foo.example.com/app/callback?",
    "https://foo.example.com/app/callback?tenant=2",
    "https://foo.example.com/app/callback?tenant=1&x=1",
    "https://foo.example.com/app/callback?x=1&tenant=1",
    "https://foo.example.com/app/callback?tenant=1#",
    "https://foo.example.com/app/callback?tenant=1#x",
    "https://foo.example.com/app/callback?tenant=1 ",
    " https://foo.example.com/app/callback?tenant=1",
    "https://foo.example.com/app/callback?tenant=1\r\nX: y",
    "https://foo.example.com/app/callback?tenant=1\x00",
    "//foo.example.com/app/callback?tenant=1",
    "/app/callback?tenant=1",
    "https:/foo.example.com/app/callback?tenant=1",
    "javascript:alert(1)//https://foo.example.com/app/callback?tenant=1",
]


# A01, A02, V2, V12, V30, V45
@pytest.mark.django_db
@pytest.mark.parametrize("uri", MUTATIONS)
def test_any_other_uri_shows_a_page_and_redirects_nowhere(uri: str) -> None:
    client, member = make_client(redirect_uris=[REGISTERED], skip_authorization=True), make_member()
    refused = ask(signed_in(member), client, redirect_uri=uri)
    assert refused.status_code == 400
    assert "Location" not in refused.headers
    page = refused.content.decode()
    assert f"<code>{escape(uri)}</code>" in page
    assert page.count("evil.test") == uri.count("evil.test"), "The address is shown once, as text"
    assert not Grant.objects.exists()


@pytest.mark.django_db
def test_unregistered_uri_is_shown_shortened_and_logged_without_its_query(caplog: pytest.LogCaptureFixture) -> None:
    client = make_client(redirect_uris=[REGISTERED])
    long = "https://other.example/" + "a" * 300
    page = ask(browser(), client, redirect_uri=long).content.decode()
    assert f"<code>{long[:200]}…</code>" in page
    markup = "https://other.example/?token=secret&x=<b>bold</b>"
    assert f"<code>{escape(markup)}</code>" in ask(browser(), client, redirect_uri=markup).content.decode()
    assert "https://other.example/?***" in caplog.text
    assert "token=secret" not in caplog.text


# A01
@pytest.mark.django_db
def test_the_registered_uri_gets_its_code() -> None:
    client, member = make_client(redirect_uris=[REGISTERED], skip_authorization=True), make_member()
    response = ask(signed_in(member), client, redirect_uri=REGISTERED)
    assert response.headers["Location"].startswith(f"{REGISTERED}&code=")


# A01, V12
def test_characters_of_patterns_are_literal() -> None:
    assert not redirect_uri_matches(
        "https://a.test/xyz", ["https://a.test/.*", "https://a.test/x*", "https://a.test/x?z"]
    )
    assert redirect_uri_matches("https://a.test/x*", ["https://a.test/x*"])


# A01, V49
@pytest.mark.parametrize("uri", ["http://[" + "1:" * 32_000 + "]/", "https://" + "a." * 32_000, "x" * 64_000 + ":y"])
def test_a_huge_uri_is_refused_in_no_time(uri: str) -> None:
    began = time.perf_counter()
    assert not redirect_uri_matches(uri, [CALLBACK])
    assert time.perf_counter() - began < 0.05


# A02, A04, V2, V8
@pytest.mark.parametrize(
    "uri",
    [
        "https://ok@evil.test/",
        "https://ok:pw@evil.test/",
        "https://a@b@evil.test/",
        "custom://user@host/path",
        "https://app.test/cb#",
        "https://app.test/cb#x",
        "https://app.test\\@evil.test/",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "javascript://app.test/%0aalert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:https://app.test/1",
        "about:blank",
        "filesystem:https://app.test/x",
        "ws://app.test/",
        "wss://app.test/",
        "ftp://app.test/",
        "mailto:a@app.test",
        "view-source:https://app.test/",
        "",
        "app.test/cb",
        "/cb",
        "https://",
        "https:///cb",
        "https://app.test:0/",
        "https://app.test:65536/",
        "https://app.test:x/",
        "https://*.app.test/",
        "https://app.test/ü",
        "https://app.test/a b",
        "https://app.test/\n",
        "custom:",
        "https://app.test/" + "a" * 2000,
    ],
)
def test_what_may_not_be_a_callback_is_refused_at_registration_and_at_use(uri: str) -> None:
    with pytest.raises(InvalidRedirectUri):
        validate_redirect_uri(uri)
    assert not redirect_uri_matches(uri, [uri])


# A03
@pytest.mark.parametrize(
    "uri",
    [
        "https://app.test/cb",
        "http://app.lan/cb",
        "http://192.168.1.5:8080/cb",
        "http://localhost:3000/cb",
        "http://[::1]/cb",
        "https://app.test/cb?x=1&y=a@b",
        "app.immich:///oauth-callback",
        "arcane-mobile://oidc-callback",
        "oc://android.owncloud.com",
        "com.example.app:/cb",
        "oc:callback",
    ],
)
def test_what_clients_register_is_accepted_and_a_byte_more_is_refused(uri: str) -> None:
    validate_redirect_uri(uri)
    assert redirect_uri_matches(uri, [uri])
    assert not redirect_uri_matches(uri + "x", [uri])
    assert not redirect_uri_matches(uri[:-1] + "q", [uri])


# A03, V30
@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
@pytest.mark.parametrize("registered_port", ["", ":4711"])
def test_a_loopback_address_may_differ_in_its_port_and_in_nothing_else(host: str, registered_port: str) -> None:
    registered = [f"http://{host}{registered_port}/cb?x=1"]
    for port in ("", ":1", ":2", ":65535"):
        assert redirect_uri_matches(f"http://{host}{port}/cb?x=1", registered)
    for uri in (
        f"http://{host}:0/cb?x=1",
        f"http://{host}:65536/cb?x=1",
        f"http://{host}:99999999/cb?x=1",
        f"https://{host}:1/cb?x=1",
        f"http://{host}:1/cb",
        f"http://{host}:1/cb?x=2",
        f"http://{host}:1/cb/?x=1",
        f"http://u@{host}:1/cb?x=1",
        f"http://{host}.evil.com:1/cb?x=1",
        "http://127.0.0.2:1/cb?x=1",
        "http://localhost:1/cb?x=1",
    ):
        assert not redirect_uri_matches(uri, registered), uri
    assert not redirect_uri_matches("http://localhost:2/cb", ["http://localhost:1/cb"])


# A03
@pytest.mark.django_db
def test_a_custom_scheme_is_reached() -> None:
    client = make_client(redirect_uris=["app.immich:///oauth-callback"], skip_authorization=True)
    response = ask(signed_in(make_member()), client)
    assert response.status_code == 302
    assert response.headers["Location"].startswith("app.immich:///oauth-callback?code=")


# A05, V43, V53
@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"prompt": "none"},
        {"response_type": "token"},
        {"response_type": None},
        {"scope": "nonsense"},
        {"code_challenge_method": "plain"},
        {"max_age": "x"},
        {"response_mode": "fragment"},
        {"request": "x"},
    ],
)
def test_no_error_redirects_before_client_and_uri_are_valid(changes: dict[str, str | None]) -> None:
    client = make_client()
    for wrong in (
        {"client_id": "nobody"},
        {"client_id": None},
        {"redirect_uri": "https://evil.test/"},
        {"redirect_uri": None},
    ):
        for found in (browser(), signed_in(make_member(f"m{time.perf_counter_ns()}"))):
            refused = ask(found, client, **{**changes, **wrong})
            assert refused.status_code == 400
            assert "Location" not in refused.headers
            assert refused.headers["Cross-Origin-Opener-Policy"] == "unsafe-none"
    # The twin: the same causes with a valid client and URI reach the client, or lead on.
    assert ask(browser(), client, **changes).status_code in (302, 303)


# A05
@pytest.mark.django_db
@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
def test_a_doubled_client_or_uri_is_nobodys(name: str) -> None:
    make_client()
    query = "client_id=app&redirect_uri=https%3A%2F%2Fapp.example.test%2Fcallback&response_type=code&state=s"
    twin = browser().get(f"/authorize?{query}&code_challenge=x")
    assert answer_of(twin)["error"] == "invalid_request"
    extra = {"client_id": "app", "redirect_uri": "https%3A%2F%2Fapp.example.test%2Fcallback"}[name]
    refused = browser().get(f"/authorize?{query}&{name}={extra}")
    assert refused.status_code == 400
    assert "Location" not in refused.headers


# A06, V12
@pytest.mark.django_db
def test_a_client_without_callbacks_is_never_given_one() -> None:
    client, member = make_client(redirect_uris=[], skip_authorization=True), make_member()
    for uri in (CALLBACK, None):
        assert ask(signed_in(member), client, redirect_uri=uri).status_code == 400
    assert Client.objects.get().redirect_uris == []
    assert not Interaction.objects.exists()
    client.redirect_uris = [CALLBACK]
    client.save()
    assert ask(signed_in(member), client).status_code == 302


@pytest.mark.parametrize(
    "uri", ["https://app.example.com/*", "https://*.example.com/cb", "https://app.example.com/*/cb"]
)
def test_pattern_is_refused_with_what_to_do(uri: str) -> None:
    with pytest.raises(InvalidRedirectUri) as refused:
        validate_callback_url(uri)
    assert "Enter each callback URL exactly" in str(refused.value.message)
    validate_callback_url(uri.replace("*", "a"))

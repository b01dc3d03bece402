from __future__ import annotations

from html import unescape

import pytest
from django.core.management import CommandError, call_command
from django.test import Client as Browser

from oidc_clients.models import Client, ClientSecret

from .conftest import ADD, CALLBACK, change_url, form_of

pytestmark = pytest.mark.django_db

# Each refused URL stands beside one that differs in one place and is accepted.
NO_USERINFO_NO_FRAGMENT = [  # A02
    ("https://ok@evil.example/cb", "https://evil.example/cb"),
    ("https://ok:word@evil.example/cb", "https://evil.example/cb"),
    ("https://a@b@evil.example/cb", "https://evil.example/cb"),
    ("https://ok.example\\@evil.example/cb", "https://ok.example/@evil.example/cb"),
    ("https://ok.example/cb#", "https://ok.example/cb"),
    ("https://ok.example/cb#part", "https://ok.example/cb?part"),
    ("custom://ok@evil/cb", "custom://evil/cb"),
    ("https://ok.example/c b", "https://ok.example/c%20b"),
    ("https:///cb", "https://host/cb"),
    ("https://ok.example:65536/cb", "https://ok.example:65535/cb"),
    ("//ok.example/cb", "https://ok.example/cb"),
    ("/callback", "https://ok.example/callback"),
]
HANDLED_BY_A_BROWSER = [  # A03, A04
    (f"{scheme}{rest}", f"x{scheme}{rest}")
    for scheme in (
        *("javascript", "data", "file", "vbscript", "blob", "about", "filesystem", "ws", "wss", "ftp", "mailto"),
        *("view-source", "JavaScript", "DATA"),
    )
    for rest in (":alert(1)", "://ok.example/cb")
]
REGISTERED_AS_THEY_ARE = [  # A03
    *("app.immich:///oauth-callback", "arcane-mobile://oidc-callback", "oc://android.owncloud.com"),
    *("http://127.0.0.1/cb", "http://[::1]:8080/cb", "http://localhost:3000/cb", "http://nas.lan/cb", CALLBACK),
]


# A04, V8
@pytest.mark.parametrize(("refused", "accepted"), NO_USERINFO_NO_FRAGMENT + HANDLED_BY_A_BROWSER)
def test_the_form_refuses_the_line_and_takes_its_twin(browser: Browser, refused: str, accepted: str) -> None:
    answer = browser.post(ADD, form_of(redirect_uris=f"{CALLBACK}\r\n{refused}"))
    assert answer.status_code == 200
    assert "Line 2: " in answer.content.decode()
    assert not Client.objects.exists()
    assert not ClientSecret.objects.exists()
    browser.post(ADD, form_of(redirect_uris=f"{CALLBACK}\r\n{accepted}"))
    assert Client.objects.get().redirect_uris == [CALLBACK, accepted]


@pytest.mark.parametrize(("refused", "accepted"), NO_USERINFO_NO_FRAGMENT + HANDLED_BY_A_BROWSER)
def test_the_logout_callbacks_of_the_form_follow_the_same_rules(browser: Browser, refused: str, accepted: str) -> None:
    assert "Line 1: " in browser.post(ADD, form_of(post_logout_redirect_uris=refused)).content.decode()
    assert not Client.objects.exists()
    browser.post(ADD, form_of(post_logout_redirect_uris=accepted))
    assert Client.objects.get().post_logout_redirect_uris == [accepted]


@pytest.mark.parametrize(("refused", "accepted"), NO_USERINFO_NO_FRAGMENT + HANDLED_BY_A_BROWSER)
def test_the_command_refuses_what_the_form_refuses(refused: str, accepted: str) -> None:
    with pytest.raises(CommandError):
        call_command("create_client", "Forge", f"--callback-url={CALLBACK}", f"--callback-url={refused}", "--json")
    assert not Client.objects.exists()
    call_command("create_client", "Forge", f"--callback-url={CALLBACK}", f"--callback-url={accepted}", "--json")
    assert Client.objects.get().redirect_uris == [CALLBACK, accepted]


@pytest.mark.parametrize("url", REGISTERED_AS_THEY_ARE)
def test_a_callback_is_kept_byte_for_byte(browser: Browser, url: str) -> None:
    browser.post(ADD, form_of(redirect_uris=url))
    client = Client.objects.get()
    assert client.redirect_uris == [url]
    # What the change page shows comes back as it was.
    assert url in unescape(browser.get(change_url(client)).content.decode())


@pytest.mark.parametrize("nothing", ["", "\r\n \r\n"])
def test_a_client_without_callback_urls_is_refused_and_nothing_is_written(
    browser: Browser, nothing: str
) -> None:  # A06
    assert "This field is required." in browser.post(ADD, form_of(redirect_uris=nothing)).content.decode()
    assert not Client.objects.exists()
    browser.post(ADD, form_of())
    client = Client.objects.get()
    browser.post(change_url(client), form_of(redirect_uris=nothing))
    client.refresh_from_db()
    assert client.redirect_uris == [CALLBACK]


def test_an_authorization_request_never_gives_a_client_its_first_callback(browser: Browser) -> None:  # A06
    client = Client.objects.create(client_id="empty", name="Empty", client_type="public", redirect_uris=[])
    query = {"client_id": "empty", "response_type": "code", "redirect_uri": CALLBACK, "scope": "openid"}
    answer = browser.get("/authorize", query)
    assert answer.status_code == 400
    assert "Location" not in answer.headers
    client.refresh_from_db()
    assert client.redirect_uris == []

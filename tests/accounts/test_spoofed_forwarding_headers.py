from __future__ import annotations

import ipaddress
import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import LoginCode
from audit.models import Event
from oidc_clients.services import keys
from tests.support.accounts.people import browser, make, superuser

pytestmark = pytest.mark.django_db

EVIL = "evil.example"
SPOOFED = {
    "x-forwarded-proto": "https",
    "x-forwarded-host": EVIL,
    "x-forwarded-port": "8443",
    "x-forwarded-server": EVIL,
    "x-forwarded-scheme": "https",
    "x-forwarded-ssl": "on",
    "x-forwarded-prefix": "/evil",
    "x-original-host": EVIL,
    "x-original-url": "/admin/",
    "x-rewrite-url": "/admin/",
    "x-http-method-override": "DELETE",
    "forwarded": f'for=203.0.113.9;host="{EVIL}";proto=https',
}
HEADERS = [*({name: value} for name, value in SPOOFED.items()), SPOOFED]
_OF_THE_MOMENT = {"X-Request-ID", "Content-Length", "Expires", "Last-Modified"}
PAGES = (
    "/",
    "/login",
    "/logout",
    "/account/",
    "/account/passkeys/",
    "/setup",
    "/authorize",
    "/admin/",
    "/no/such/page",
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    "/.well-known/jwks.json",
    "/.well-known/webauthn",
    "/.well-known/passkey-endpoints",
    "/.well-known/change-password",
    "/healthz",
)


@pytest.fixture(autouse=True)
def _nothing_is_counted(settings: Any) -> None:
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "rate_limit" not in name]
    # What a process remembers of an earlier database's keys is no answer of this one.
    keys.forget_key_state()


def answer(client: Client, path: str, headers: dict[str, str]) -> Any:
    """Return all that a browser is told, without what is random in every answer."""
    response = client.get(path, headers=headers)
    body = re.sub(r"\b[0-9A-Za-z]{64}\b", "", response.content.decode())  # the form's token
    body = re.sub(r"\b[0-9a-f]{32}\b", "", body)  # the reference
    told = {name: value for name, value in response.headers.items() if name not in _OF_THE_MOMENT}
    # Who the session belongs to is in its value; what a browser does with it is in the rest.
    cookies = {name: {**morsel, "expires": ""} for name, morsel in response.cookies.items()}
    return response.status_code, body, told, cookies


@pytest.mark.parametrize(
    ("headers", "proxies"),
    [*((headers, ["127.0.0.1"]) for headers in HEADERS), (SPOOFED, [])],
    ids=[*(f"{name} through a trusted proxy" for name in SPOOFED), "all through a trusted proxy", "all directly"],
)
def test_forwarding_headers_change_no_page_link_or_cookie(  # M03
    headers: dict[str, str], proxies: list[str], settings: Any
) -> None:
    settings.TRUSTED_PROXIES = tuple(ipaddress.ip_network(address) for address in proxies)
    root = superuser()
    browser().get("/.well-known/jwks.json")  # the first one makes the key
    for who in (None, root):
        for path in PAGES:
            honest = answer(browser(who), path, {})
            spoofed = answer(browser(who), path, headers)
            assert spoofed == honest, path
            assert EVIL not in str(spoofed)


# H05, V54
@pytest.mark.parametrize("headers", [{}, SPOOFED], ids=["honest", "spoofed"])
def test_a_one_time_link_is_at_our_own_address(headers: dict[str, str]) -> None:  # M03
    root, ada = superuser(), make("ada")
    path = f"/admin/hearthkey_accounts/user/{ada.pk}/code/"
    text = browser(root).post(path, headers=headers).content.decode()
    assert re.search(r"http://localhost:1411/lc/[A-Za-z0-9_-]{22}<", text)
    assert EVIL not in text
    assert LoginCode.objects.count() == 1


@pytest.mark.parametrize("host", ["localhost:1411", EVIL])
def test_the_host_itself_is_checked_beside_them(host: str) -> None:  # M03
    superuser()
    status = browser().get("/login", headers={**SPOOFED, "host": host}).status_code
    assert status == (400 if host == EVIL else 200)


@pytest.mark.parametrize("headers", [{}, SPOOFED], ids=["honest", "spoofed"])
def test_signing_in_sets_cookies_as_the_services_own_address_says(headers: dict[str, str]) -> None:  # M03
    superuser()
    response = browser().get("/login", headers=headers)
    (cookie,) = [morsel for name, morsel in response.cookies.items() if "csrf" in name]
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"], cookie["domain"]) == ("", True, "Lax", "")
    assert "Strict-Transport-Security" not in response.headers


# M03, V18
@pytest.mark.parametrize(("proxies", "address"), [((), "127.0.0.1"), (("127.0.0.0/8",), "203.0.113.66")])
def test_the_trail_has_the_sockets_address_unless_a_proxy_of_ours_says_another(
    proxies: tuple[str, ...], address: str, settings: Any
) -> None:
    settings.TRUSTED_PROXIES = tuple(ipaddress.ip_network(proxy) for proxy in proxies)
    superuser()
    Event.objects.all().delete()
    spoofed = {"x-forwarded-for": "203.0.113.66", "x-real-ip": "203.0.113.67", "forwarded": "for=203.0.113.68"}
    browser().post("/lc/unknown", headers=spoofed)
    assert [event.ip_address for event in Event.objects.filter(name="login_code_refused")] == [address]

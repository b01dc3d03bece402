"""Requests that both this provider and django-oauth-toolkit's stock views are asked, and how an answer is told.

The module knows nothing of either, so that the stock views can run in a process of their own.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

CALLBACK = "https://app.example.test/callback"
CLIENT_ID = "app"
SECRET = "a-secret-of-the-corpus-0123456789"
OTHER_CLIENT_ID = "other"
VERIFIER = "verifier-of-at-least-forty-three-characters-1"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
FORM = "application/x-www-form-urlencoded"
HUGE = "x" * 9000

# What a driver puts in at the last moment: a code or refresh token that nobody has used yet.
FRESH_CODE = "{a fresh code}"
FRESH_REFRESH_TOKEN = "{a fresh refresh token}"

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One request. ``pairs`` go into the query of an authorization request and into the form of a token request."""

    name: str
    pairs: Pairs
    authorization: str | None = None
    content_type: str = FORM
    method: str = "POST"

    def encoded(self) -> str:
        return urlencode(self.pairs)


def basic(client_id: str = CLIENT_ID, secret: str = SECRET) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


AUTHORIZATION: Pairs = (
    ("client_id", CLIENT_ID),
    ("redirect_uri", CALLBACK),
    ("response_type", "code"),
    ("scope", "openid profile"),
    ("state", "a state"),
    ("nonce", "n-1"),
    ("code_challenge", CHALLENGE),
    ("code_challenge_method", "S256"),
)
CODE: Pairs = (
    ("grant_type", "authorization_code"),
    ("code", FRESH_CODE),
    ("redirect_uri", CALLBACK),
    ("code_verifier", VERIFIER),
)
REFRESH: Pairs = (("grant_type", "refresh_token"), ("refresh_token", FRESH_REFRESH_TOKEN))

# Each parameter of an authorization request, and values that are of the wrong kind or belong to somebody else.
WRONG: dict[str, tuple[str, ...]] = {
    "client_id": ("nobody", "APP", "app ", "app%00"),
    "redirect_uri": (
        "https://app.example.test/callback/",
        "https://app.example.test/Callback",
        "https://app.example.test:443/callback",
        "https://evil.example.test/callback",
        "https://app.example.test/callback?extra=1",
        "https://app.example.test/callback#fragment",
        "https://user@app.example.test/callback",
        "http://app.example.test/callback",
        "/callback",
        "javascript:alert(1)",
    ),
    "response_type": ("token", "id_token", "code token", "code id_token", "none", "CODE"),
    "scope": ("profile", "openid unknown", "unknown", "openid  profile", "OPENID", "openid\tprofile"),
    "state": ("0", "<script>", "a+b=c&d", "\u00e9\u4e2d"),
    "nonce": ("0", "\u00e9"),
    "code_challenge": ("short", CHALLENGE + "=", VERIFIER[:42], "!" * 43),
    "code_challenge_method": ("plain", "s256", "S512"),
    "prompt": ("login", "consent", "none", "select_account", "none login", "unknown"),
    "max_age": ("0", "-1", "1.5", "one", "99999999999999999999", "3600"),
    "response_mode": ("query", "fragment", "form_post", "unknown"),
    "request": ("eyJhbGciOiJub25lIn0.e30.",),
    "request_uri": ("https://app.example.test/request.jwt", "urn:ietf:params:oauth:request_uri:unknown"),
    "registration": ("{}",),
    "claims": ("{}", "[]", "not json", '{"id_token":{"email":null}}', '{"userinfo":1}'),
    "id_token_hint": ("not.a.jwt", "e30.e30.e30"),
    "login_hint": ("ada", HUGE),
    "acr_values": ("phr", "unknown"),
    "ui_locales": ("en", "xx yy"),
    "display": ("page", "unknown"),
    "approval_prompt": ("auto",),
}


def authorization_cases() -> Iterator[Case]:
    yield Case("valid", AUTHORIZATION)
    yield Case("valid in another order", AUTHORIZATION[::-1])
    yield Case("an unknown parameter", (*AUTHORIZATION, ("unknown", "1")))
    for name, value in AUTHORIZATION:
        yield Case(f"{name} missing", _without(AUTHORIZATION, name))
        yield Case(f"{name} twice", (*AUTHORIZATION, (name, value)))
        yield Case(f"{name} twice, with another value", (*AUTHORIZATION, (name, "another")))
        yield Case(f"{name} empty", _with(AUTHORIZATION, name, ""))
        yield Case(f"{name} huge", _with(AUTHORIZATION, name, HUGE))
        yield Case(f"{name} with NUL", _with(AUTHORIZATION, name, value + "\x00"))
    for name, values in WRONG.items():
        for value in values:
            shown = value if len(value) < 60 else f"{value[:20]}..."
            yield Case(f"{name} = {shown}", _with(AUTHORIZATION, name, value))
    without_pkce = _without(_without(AUTHORIZATION, "code_challenge"), "code_challenge_method")
    yield Case("no PKCE at all", without_pkce)
    for name in ("client_id", "redirect_uri"):
        yield Case(f"prompt=none without {name}", _without((*AUTHORIZATION, ("prompt", "none")), name))
        yield Case(f"a bad response_type without {name}", _without(_with(AUTHORIZATION, "response_type", "x"), name))


def token_cases() -> Iterator[Case]:
    yield from _grant_cases("code", CODE)
    yield from _grant_cases("refresh", REFRESH)
    yield from _authentication_cases()
    for verifier in ("", VERIFIER[:42], VERIFIER + "0", "x" * 129, "+" * 43, VERIFIER.upper()):
        yield Case(
            f"code: code_verifier = {verifier[:20]} ({len(verifier)})", _with(CODE, "code_verifier", verifier), basic()
        )
    for uri in ("https://app.example.test/callback/", "https://evil.example.test/", "/callback"):
        yield Case(f"code: redirect_uri = {uri}", _with(CODE, "redirect_uri", uri), basic())
    for scope in ("openid", "openid profile", "openid profile email", "unknown", "profile"):
        yield Case(f"refresh: scope = {scope}", _with(REFRESH, "scope", scope), basic())
    for grant in (
        "password",
        "implicit",
        "client_credentials",
        "Authorization_Code",
        "urn:ietf:params:oauth:grant-type:token-exchange",
    ):
        yield Case(f"grant_type = {grant}", (("grant_type", grant), ("username", "ada"), ("password", "x")), basic())
    for content_type in ("application/json", "text/plain", "multipart/form-data", ""):
        yield Case(f"code: Content-Type {content_type or 'missing'}", CODE, basic(), content_type)
    yield Case("code: in the query", CODE, basic(), method="QUERY")
    for method in ("GET", "PUT", "DELETE"):
        yield Case(f"code: {method}", CODE, basic(), method=method)
    yield Case("refresh: an unknown parameter", (*REFRESH, ("unknown", "1")), basic())
    yield Case("code: an unknown parameter", (*CODE, ("unknown", "1")), basic())
    yield Case("code: a code that nobody was given", _with(CODE, "code", "unknown"), basic())
    yield Case("refresh: a token that nobody was given", _with(REFRESH, "refresh_token", "unknown"), basic())
    yield Case("refresh: a code as refresh token", _with(REFRESH, "refresh_token", FRESH_CODE), basic())
    yield Case("code: a refresh token as code", _with(CODE, "code", FRESH_REFRESH_TOKEN), basic())


def _grant_cases(kind: str, pairs: Pairs) -> Iterator[Case]:
    yield Case(f"{kind}: valid", pairs, basic())
    for name, value in pairs:
        yield Case(f"{kind}: {name} missing", _without(pairs, name), basic())
        yield Case(f"{kind}: {name} twice", (*pairs, (name, value)), basic())
        yield Case(f"{kind}: {name} twice, with another value", (*pairs, (name, "another")), basic())
        yield Case(f"{kind}: {name} empty", _with(pairs, name, ""), basic())
        yield Case(f"{kind}: {name} huge", _with(pairs, name, HUGE), basic())
        yield Case(f"{kind}: {name} with NUL", _with(pairs, name, value + "\x00"), basic())


def _authentication_cases() -> Iterator[Case]:
    posted = (("client_id", CLIENT_ID), ("client_secret", SECRET))
    headers = {
        "none": None,
        "a wrong secret": basic(secret="wrong"),
        "an unknown client": basic("nobody"),
        "another client's": basic(OTHER_CLIENT_ID),
        "an empty secret": basic(secret=""),
        "no colon": "Basic " + base64.b64encode(b"app").decode(),
        "not base64": "Basic %%%",
        "not UTF-8": "Basic " + base64.b64encode(b"\xff:\xff").decode(),
        "NUL": basic("app\x00"),
        "huge": basic(HUGE),
        "Bearer": "Bearer token",
        "empty": "",
    }
    for kind, pairs in (("code", CODE), ("refresh", REFRESH)):
        for name, header in headers.items():
            yield Case(f"{kind}: Authorization: {name}", pairs, header)
        yield Case(f"{kind}: the secret in the form", (*pairs, *posted))
        yield Case(
            f"{kind}: a wrong secret in the form", (*pairs, ("client_id", CLIENT_ID), ("client_secret", "wrong"))
        )
        yield Case(f"{kind}: the id alone in the form", (*pairs, ("client_id", CLIENT_ID)))
        yield Case(f"{kind}: header and form", (*pairs, *posted), basic())
        yield Case(f"{kind}: header, and the id in the form", (*pairs, ("client_id", CLIENT_ID)), basic())
        yield Case(f"{kind}: header, and another id in the form", (*pairs, ("client_id", OTHER_CLIENT_ID)), basic())


def _without(pairs: Pairs, name: str) -> Pairs:
    return tuple(pair for pair in pairs if pair[0] != name)


def _with(pairs: Pairs, name: str, value: str) -> Pairs:
    return (*_without(pairs, name), (name, value))


def told(response: Any) -> str:
    """What an authorization request came to, in a few words that don't depend on who answered."""
    location = response.headers.get("Location", "")
    if not location:
        return f"page {response.status_code}"
    split = urlsplit(location)
    if not location.startswith(CALLBACK):
        return "sign in" if "next=" in split.query or split.path.startswith("/authorize") else f"to {location}"
    parameters = parse_qs(split.query or split.fragment)
    where = "fragment" if split.fragment else "query"
    kind = "error=" + parameters["error"][0] if "error" in parameters else "code" if "code" in parameters else "?"
    return f"{where} {kind}"


def token_told(response: Any) -> str:
    """What a token request came to."""
    try:
        error = response.json().get("error", "")
    except (ValueError, AttributeError):
        error = "(no JSON)"
    return f"{response.status_code} {error}".strip()


def send(case: Case, browser: Any, path: str) -> Any:
    """Send a token request; ``browser`` is a test client whose member is signed in and has agreed."""
    wanted = {value for _, value in case.pairs}
    fresh = {}
    if any(FRESH_CODE in value for value in wanted):
        fresh[FRESH_CODE] = fresh_code(browser)
    if any(FRESH_REFRESH_TOKEN in value for value in wanted):
        fresh[FRESH_REFRESH_TOKEN] = fresh_refresh_token(browser, path)
    pairs = [(name, _filled(value, fresh)) for name, value in case.pairs]
    headers = {} if case.authorization is None else {"HTTP_AUTHORIZATION": case.authorization}
    body = urlencode(pairs)
    if case.method == "QUERY":
        return browser.post(f"{path}?{body}", **headers)
    if case.method != "POST":
        return browser.generic(case.method, f"{path}?{body}", **headers)
    return browser.generic("POST", path, body, content_type=case.content_type, **headers)


def fresh_code(browser: Any) -> str:
    response = browser.get("/authorize", QUERY_STRING=urlencode(AUTHORIZATION))
    return parse_qs(urlsplit(response.headers["Location"]).query)["code"][0]


def fresh_refresh_token(browser: Any, path: str) -> str:
    pairs = [(name, fresh_code(browser) if value == FRESH_CODE else value) for name, value in CODE]
    response = browser.generic("POST", path, urlencode(pairs), content_type=FORM, HTTP_AUTHORIZATION=basic())
    token: str = response.json()["refresh_token"]
    return token


def _filled(value: str, fresh: dict[str, str]) -> str:
    for placeholder, found in fresh.items():
        value = value.replace(placeholder, found)
    return value

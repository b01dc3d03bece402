"""Three people, their clients, and the steps of a sign-in over HTTP."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client as Browser

from oidc_clients.models import Client, ClientSecret, Consent

ISSUER = "https://id.example.test"
HOST = "id.example.test"
CALLBACK = "https://app.example.test/callback"
SECRET = "owners-app-secret-0123456789"
VERIFIER = "verifier-of-at-least-forty-three-characters-1"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


def make_member(username: str = "owner", **fields: Any) -> Any:
    fields.setdefault("email", f"{username}@example.test")
    return get_user_model().objects.create(username=username, first_name="Ada", last_name="Lovelace", **fields)


def make_client(
    client_id: str = "app", *, secret: str | None = SECRET, groups: tuple[Group, ...] = (), **fields: Any
) -> Client:
    fields.setdefault("is_restricted", bool(groups))
    fields.setdefault("redirect_uris", [CALLBACK])
    fields.setdefault("name", client_id.title())
    fields.setdefault("client_type", "public" if secret is None else "confidential")
    client = Client.objects.create(client_id=client_id, **fields)
    client.allowed_groups.set(groups)
    if secret is not None:
        add_secret(client, secret)
    return client


def add_secret(client: Client, secret: str, **fields: Any) -> ClientSecret:
    digest = hashlib.sha256(secret.encode()).hexdigest()
    return ClientSecret.objects.create(client=client, digest=digest, prefix=secret[:4], **fields)


def consent_to(member: Any, client: Client, *scopes: str) -> Consent:
    wanted = scopes or ("openid", "profile", "email", "groups", "offline_access")
    return Consent.objects.create(user=member, client=client, scopes=list(wanted))


def browser(**options: Any) -> Browser:
    return Browser(headers={"host": HOST}, **options)


def signed_in(member: Any, *, method: str = "passkey", at: float | None = None, **options: Any) -> Browser:
    found = browser(**options)
    sign_in(found, member, method=method, at=at)
    return found


def sign_in(found: Browser, member: Any, *, method: str = "passkey", at: float | None = None) -> None:
    found.force_login(member)
    session = found.session
    proved = (time.time() if at is None else at) if method == "passkey" else None
    session["hearthkey_auth"] = {"method": method, "at": proved, "passkey": None}
    session.save()


def request_for(client: Client, **changes: str | None) -> dict[str, str]:
    parameters = {
        "client_id": client.client_id,
        "redirect_uri": client.redirect_uris[0] if client.redirect_uris else CALLBACK,
        "response_type": "code",
        "scope": "openid profile email groups",
        "state": "a state",
        "nonce": "n-1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    return {name: value for name, value in parameters.items() if value is not None}


def ask(found: Browser, client: Client, **changes: str | None) -> Any:
    return found.get("/authorize", request_for(client, **changes))


def answer_of(response: Any) -> dict[str, str]:
    """The parameters that went to the client: by redirect, by the page that goes on, or by a form."""
    if (form := form_of(response)) is not None:
        return form.fields
    address = urlsplit(goes_on_to(response))
    pairs = parse_qs(address.fragment or address.query, keep_blank_values=True)
    return {name: values[0] for name, values in pairs.items()}


@dataclass
class AnswerForm:
    """The form that a page posts to the client, as a browser reads it. ``scripts`` are the addresses of the page's own."""

    action: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    scripts: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)


class _FormReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found = AnswerForm()
        self._is_inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.found.tags.append(tag)
        if tag == "form":
            self._is_inside = values.get("id") == "answer"
            self.found.action = values["action"] if self._is_inside else self.found.action
        if tag == "input" and self._is_inside:
            self.found.fields[values["name"]] = values["value"]
        if tag == "script":
            self.found.scripts.append(values.get("src", ""))


def form_of(response: Any) -> AnswerForm | None:
    """The form that goes to the client by itself, None where the page is another."""
    if response.status_code != 200 or not response.headers["Content-Type"].startswith("text/html"):
        return None
    reader = _FormReader()
    reader.feed(response.content.decode())
    return reader.found if reader.found.action else None


def goes_on_to(response: Any) -> str:
    """Return where a redirect leads, or the page that replaces one after a form."""
    if (location := response.headers.get("Location")) is not None:
        return str(location)
    return unescape(response.content.decode().split('content="0; url=')[1].split('"')[0])


def code_for(member: Any, client: Client, **changes: str | None) -> str:
    if not Consent.objects.filter(user=member, client=client).exists():
        consent_to(member, client)
    return answer_of(ask(signed_in(member), client, **changes))["code"]


def redeem(client: Client, code: str, *, secret: str | None = SECRET, **changes: str | None) -> Any:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": client.redirect_uris[0],
        "code_verifier": VERIFIER,
        **({"client_id": client.client_id} if secret is None else {}),
        **changes,
    }
    return token({name: value for name, value in form.items() if value is not None}, client, secret)


def refresh(client: Client, refresh_token: str, *, secret: str | None = SECRET, **changes: str) -> Any:
    form = {
        "grant_type": "refresh_token",
        "refresh_token": refresh_token,
        **({"client_id": client.client_id} if secret is None else {}),
        **changes,
    }
    return token(form, client, secret)


def token(form: dict[str, str], client: Client, secret: str | None) -> Any:
    headers = {} if secret is None else {"authorization": basic(client.client_id, secret)}
    return post_form("/api/oidc/token", form, headers)


def post_form(path: str, form: Any, headers: dict[str, str] | None = None) -> Any:
    body = form if isinstance(form, str | bytes) else urlencode(form, doseq=True)
    return browser().post(path, data=body, content_type="application/x-www-form-urlencoded", headers=headers or {})


def basic(client_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


def tokens_for(member: Any, client: Client, *, secret: str | None = SECRET, **changes: str | None) -> dict[str, Any]:
    response = redeem(client, code_for(member, client, **changes), secret=secret)
    assert response.status_code == 200, response.content
    body: dict[str, Any] = response.json()
    return body


def userinfo(access_token: str) -> Any:
    return browser().get("/api/oidc/userinfo", headers={"authorization": f"Bearer {access_token}"})


def verified_claims(id_token: str) -> dict[str, Any]:
    """The claims of an ID token, after its signature was checked with the published key that it names."""
    header, claims, signature = id_token.split(".")
    kid = json.loads(decode(header))["kid"]
    [jwk] = [key for key in browser().get("/.well-known/jwks.json").json()["keys"] if key["kid"] == kid]
    numbers = RSAPublicNumbers(_integer(jwk["e"]), _integer(jwk["n"]))
    numbers.public_key().verify(decode(signature), f"{header}.{claims}".encode(), PKCS1v15(), SHA256())
    found: dict[str, Any] = json.loads(decode(claims))
    return found


def decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _integer(part: str) -> int:
    return int.from_bytes(decode(part), "big")

"""A client that asks the real service for tokens and checks what it signs."""

from __future__ import annotations

import json
from typing import Any

import requests
from jwcrypto import jwk, jws, jwt

from tests.faults.test_two_workers import CALLBACK, code_for
from tests.support.servers import Hearthkey


def keys_of(service: Hearthkey) -> jwk.JWKSet:
    return jwk.JWKSet.from_json(requests.get(f"{service.url}/.well-known/jwks.json", timeout=30).text)


def header_of(token: str) -> dict[str, Any]:
    signed = jws.JWS()
    signed.deserialize(token)
    return dict(signed.jose_header)


def claims_of(service: Hearthkey, token: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(jwt.JWT(jwt=token, key=keys_of(service), algs=["RS256"]).claims)
    return found


class App:
    def __init__(self, service: Hearthkey) -> None:
        self.service = service
        made = service.create_client("App", CALLBACK, "--unrestricted")
        self.client_id: str = made["client_id"]
        self.authentication = (made["client_id"], made["client_secret"])

    def token(self, **form: str) -> requests.Response:
        url = f"{self.service.url}/api/oidc/token"
        return requests.post(url, data=form, auth=self.authentication, timeout=60)

    def sign_in(self, session: requests.Session) -> dict[str, Any]:
        code = code_for(self.service, session, self.client_id)
        answer = self.token(grant_type="authorization_code", code=code, redirect_uri=CALLBACK)
        assert answer.ok, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def refresh(self, refresh_token: str) -> requests.Response:
        return self.token(grant_type="refresh_token", refresh_token=refresh_token)

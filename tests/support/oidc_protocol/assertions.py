"""Clients that sign, and what they sign."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

from jwcrypto import jwk

from oidc_clients.models import Client
from tests.support.jwt_mutations import Genuine
from tests.support.oidc_protocol.factories import CALLBACK, ISSUER, VERIFIER, make_client, post_form

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KEY = jwk.JWK.generate(kty="RSA", size=2048, kid="rsa-1")
OTHERS = {
    "PS256": jwk.JWK.generate(kty="RSA", size=2048, kid="rsa-2"),
    "ES256": jwk.JWK.generate(kty="EC", crv="P-256", kid="ec-1"),
    "EdDSA": jwk.JWK.generate(kty="OKP", crv="Ed25519", kid="ed-1"),
}


def public(*keys: jwk.JWK) -> dict[str, Any]:
    return {"keys": [json.loads(key.export_public()) for key in keys]}


def assertion(client_id: str = "app", key: jwk.JWK = KEY, alg: str = "RS256", **claims: Any) -> Genuine:
    now = int(time.time())
    return Genuine(
        claims={
            "iss": client_id,
            "sub": client_id,
            "aud": ISSUER,
            "iat": now,
            "exp": now + 60,
            "jti": str(uuid.uuid4()),
            **claims,
        },
        key=key,
        alg=alg,
    )


def key_client(**fields: Any) -> Client:
    fields = {"authentication_method": "private_key_jwt", "jwks": public(KEY), **fields}
    client = make_client(**fields)
    client.secrets.all().delete()
    return client


def ask_with(token: str, **form: str) -> Any:
    """A token request that is right but for its code, so that a client that proved itself gets invalid_grant."""
    sent = {
        "grant_type": "authorization_code",
        "code": "no-such-code",
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        "client_assertion_type": TYPE,
        "client_assertion": token,
        **form,
    }
    return post_form("/api/oidc/token", {name: value for name, value in sent.items() if value})


def is_accepted(token: str) -> bool:
    response = ask_with(token)
    assert response.status_code in (400, 401), response.content
    assert response.headers["Content-Type"] == "application/json"
    return bool(response.json()["error"] == "invalid_grant")

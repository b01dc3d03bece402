"""ID tokens that come back as hints: only those that this provider signed, for the client they name."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwcrypto import jwk

from oidc_clients.services import keys
from oidc_clients.services.id_token_hints import Hint, HintRefused, read_hint
from tests.support import jwt_mutations
from tests.support.jwt_mutations import Genuine
from tests.support.oidc_protocol.factories import ISSUER, make_client, make_member, tokens_for

pytestmark = pytest.mark.django_db


def is_read(token: str) -> bool:
    try:
        read_hint(token)
    except HintRefused:
        return False
    return True


@pytest.fixture
def genuine(db: None) -> Genuine:
    """A hint that the provider's own key signs."""
    key = keys.signing_key()
    private = jwk.JWK.from_pem(key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    members: dict[str, Any] = json.loads(private.export_private())
    now = int(time.time())
    claims = {"iss": ISSUER, "sub": "m", "aud": "app", "exp": now + 60, "iat": now, "sid": "s"}
    return Genuine(claims, jwk.JWK(**{**members, "kid": key.kid}))


# H02, G07, G08, V51
def test_no_spoiled_hint_is_read(genuine: Genuine) -> None:
    assert read_hint(genuine.signed()) == Hint(sub="m", client_id="app", sid="s")
    assert jwt_mutations.accepted(jwt_mutations.forgeries(genuine), is_read) == []
    assert jwt_mutations.accepted(jwt_mutations.other_types(genuine), is_read) == []


# H02
def test_an_expired_hint_is_read_where_that_is_asked_for_only(genuine: Genuine) -> None:
    expired = genuine.with_claims(exp=int(time.time()) - 10)
    assert not is_read(expired)
    assert read_hint(expired, allow_expired=True).sub == "m"
    for spoiled in (
        genuine.with_claims(iss=f"{ISSUER}/"),
        genuine.with_claims(exp="soon"),
        genuine.with_claims(aud=["app"]),
    ):
        assert not is_read(spoiled)


# G05
def test_other_tokens_are_no_hints(genuine: Genuine) -> None:
    client, member = make_client(access_token_format="jwt"), make_member()
    tokens = tokens_for(member, client)
    assert read_hint(tokens["id_token"]).client_id == "app"
    assert not is_read(tokens["access_token"])
    assert not is_read(tokens["refresh_token"])
    logout = {**genuine.claims, "events": {"http://schemas.openid.net/event/backchannel-logout": {}}}
    assert not is_read(genuine.signed(logout))
    assert not is_read(genuine.signed(logout, header={**genuine.header, "typ": "logout+jwt"}))

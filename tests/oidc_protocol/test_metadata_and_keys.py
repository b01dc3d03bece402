"""What the provider publishes of itself, and what it keeps to itself."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test.utils import CaptureQueriesContext

from oidc_clients import conf
from oidc_clients.exceptions import SigningKeyUnreadable
from oidc_clients.models import ClientLogo, SigningKey
from oidc_clients.protocol.claims import RESERVED, MemberClaims, released_claims
from oidc_clients.services import keys
from tests.support.oidc_protocol.factories import (
    answer_of,
    ask,
    browser,
    code_for,
    make_client,
    make_member,
    redeem,
    signed_in,
    tokens_for,
    verified_claims,
)

pytestmark = pytest.mark.django_db
DISCOVERY = "/.well-known/openid-configuration"
JWKS = "/.well-known/jwks.json"


# H06
def test_the_keys_document_holds_public_members_only() -> None:
    tokens_for(make_member(), make_client())
    found = browser().get(JWKS).json()["keys"]
    assert len({key["kid"] for key in found}) == len(found) == 1
    assert set(found[0]) == {"kty", "n", "e", "alg", "use", "kid"}


# H06
def test_a_retired_key_stays_published_and_its_tokens_verify() -> None:
    client, member = make_client(), make_member()
    old = tokens_for(member, client)["id_token"]
    SigningKey.objects.update(state=SigningKey.State.RETIRED)
    keys.forget_key_state()
    new = redeem(client, code_for(member, client)).json()["id_token"]
    assert len(browser().get(JWKS).json()["keys"]) == 2
    assert verified_claims(old)["sub"] == verified_claims(new)["sub"] == str(member.pk)


def test_a_key_that_was_dropped_is_gone_within_five_seconds(settings: Any) -> None:
    assert conf.key_state_lifetime() <= timedelta(seconds=5)
    settings.HEARTHKEY_OIDC_CLIENTS_KEY_STATE_LIFETIME = timedelta(0)
    first = browser().get(JWKS).json()
    SigningKey.objects.all().delete()
    second = browser().get(JWKS).json()
    assert first != second


# H07
def test_the_private_key_is_encrypted_at_rest_under_keys_that_can_change(settings: Any) -> None:
    old, new = Fernet.generate_key(), Fernet.generate_key()
    settings.HEARTHKEY_OIDC_CLIENTS_ENCRYPTION_KEYS = [old]
    row = keys.ensure_signing_key()
    assert "BEGIN" not in row.private_key
    assert '"d"' not in repr(row.public_jwk)
    Fernet(old).decrypt(row.private_key.encode())
    settings.HEARTHKEY_OIDC_CLIENTS_ENCRYPTION_KEYS = lambda: [new, old.decode()]
    assert keys.signing_key().kid == row.kid
    keys.forget_key_state()
    keys._parsed.clear()
    settings.HEARTHKEY_OIDC_CLIENTS_ENCRYPTION_KEYS = [new]
    with pytest.raises(SigningKeyUnreadable):
        keys.signing_key()
    client, member = make_client(), make_member()
    refused = redeem(client, code_for(member, client))
    assert refused.status_code == 503
    assert refused.json()["error"] == "temporarily_unavailable"
    settings.HEARTHKEY_OIDC_CLIENTS_ENCRYPTION_KEYS = [new, old]
    # The failed attempt rolled back: nothing was consumed.
    assert redeem(client, code_for(member, client)).status_code == 200


def test_without_an_issuer_nothing_is_guessed(settings: Any) -> None:
    settings.HEARTHKEY_OIDC_CLIENTS_ISSUER = ""
    with pytest.raises(ImproperlyConfigured, match="HEARTHKEY_OIDC_CLIENTS_ISSUER"):
        conf.issuer()
    settings.HEARTHKEY_OIDC_CLIENTS_ISSUER = lambda: "https://id.example.test/"
    assert conf.issuer() == "https://id.example.test"


@pytest.mark.parametrize("path", [DISCOVERY, "/.well-known/oauth-authorization-server", JWKS])
def test_public_documents_are_cached_and_cost_no_query(path: str) -> None:
    browser().get(JWKS)
    with CaptureQueriesContext(connection) as queries:
        response = browser().get(path)
    assert len(queries) == 0
    assert "max-age=300" in response.headers["Cache-Control"]
    unchanged = browser().get(path, headers={"if-none-match": response.headers["ETag"]})
    assert unchanged.status_code == 304
    assert unchanged.content == b""
    for held in ("W/" + response.headers["ETag"], '"other", W/' + response.headers["ETag"], "*"):
        assert browser().get(path, headers={"if-none-match": held}).status_code == 304, held
    for other in ('"other"', 'W/"other"', "", "W/"):
        assert browser().get(path, headers={"if-none-match": other}).status_code == 200, other
    assert browser().post(path).status_code == 405


# H08, V44
def test_discovery_lists_what_works() -> None:
    found = browser().get(DISCOVERY).json()
    assert browser().get("/.well-known/oauth-authorization-server").json() == found
    client, member = make_client(skip_authorization=True), make_member()
    person = signed_in(member)
    for scope in found["scopes_supported"]:
        assert redeem(client, answer_of(ask(person, client, scope=f"openid {scope}"))["code"]).status_code == 200
    for mode in found["response_modes_supported"]:
        assert answer_of(ask(person, client, response_mode=mode))["code"]
    for prompt in found["prompt_values_supported"]:
        assert ask(person, client, prompt=prompt).status_code in (302, 303)
    for response_type in found["response_types_supported"]:
        assert answer_of(ask(person, client, response_type=response_type))["code"]
    assert found["grant_types_supported"] == [
        "authorization_code",
        "refresh_token",
        "urn:ietf:params:oauth:grant-type:device_code",
    ]
    assert found["id_token_signing_alg_values_supported"] == ["RS256"]
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert found["request_uri_parameter_supported"] is False


# G03, V55
@pytest.mark.parametrize("name", sorted(RESERVED))
def test_a_custom_claim_never_overrides_what_the_provider_vouches_for(name: str) -> None:
    member = MemberClaims(sub="m", name="Ada", custom={name: "forged", "role": "editor"})
    claims = released_claims(member, {"openid", "profile", "email", "groups"})
    assert "forged" not in claims.values()
    assert claims["sub"] == "m"
    assert claims["role"] == "editor"
    assert "role" not in released_claims(member, {"openid", "email"})


def test_a_logo_is_served_as_an_image_and_as_nothing_else() -> None:
    client = make_client()
    assert browser().get("/api/oidc/clients/app/logo").status_code == 404
    ClientLogo.objects.create(client=client, data=b"\x89PNG", content_type="image/png", etag="abc")
    shown = browser().get("/api/oidc/clients/app/logo")
    assert shown.status_code == 200
    assert shown.content == b"\x89PNG"
    assert shown.headers["Content-Type"] == "image/png"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert browser().get("/api/oidc/clients/app/logo", headers={"if-none-match": '"abc"'}).status_code == 304
    assert browser().get("/api/oidc/clients/app/logo", headers={"if-none-match": 'W/"abc"'}).status_code == 304
    assert browser().get("/api/oidc/clients/app/logo", headers={"if-none-match": 'W/"abd"'}).status_code == 200

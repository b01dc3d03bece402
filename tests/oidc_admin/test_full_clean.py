"""A client that somebody checks with Django's own means, as a site's code or a test may."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from oidc_clients.models import Client
from tests.support.oidc_admin.keys import private_key, public_key

from .conftest import CALLBACK

pytestmark = pytest.mark.django_db


def client(**changed: Any) -> Client:
    values = {"client_id": "forge", "name": "Forge", "client_type": "confidential", "redirect_uris": [CALLBACK]}
    return Client(**{**values, **changed})


@pytest.mark.parametrize("kind", ["confidential", "public"])
def test_a_sound_client_is_clean(kind: str) -> None:
    found = client(
        client_type=kind,
        redirect_uris=[CALLBACK, "http://nas.lan/cb", "app.immich:///oauth-callback"],
        post_logout_redirect_uris=["https://app.example.com/bye"],
    )
    found.full_clean()
    found.save()
    found.full_clean()


@pytest.mark.parametrize("name", ["redirect_uris", "post_logout_redirect_uris"])
@pytest.mark.parametrize(
    "urls",
    [
        ["javascript:alert(1)"],
        [CALLBACK, "https://app.example.com/#fragment"],
        ["https://user@app.example.com/"],
        [CALLBACK] * 101,
        CALLBACK,
        {"url": CALLBACK},
        [CALLBACK, 5],
        [None],
    ],
    ids=["script", "fragment", "user", "many", "text", "object", "number", "null"],
)
def test_a_list_that_can_not_be_registered_is_named(name: str, urls: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        client(**{name: urls}).full_clean()
    assert list(refused.value.message_dict) == [name]


def test_every_refused_url_is_named_and_no_other() -> None:
    with pytest.raises(ValidationError) as refused:
        client(redirect_uris=["data:a", CALLBACK, "file:///b"]).full_clean()
    reasons = refused.value.message_dict["redirect_uris"]
    assert [reason.split(":", 1)[0] for reason in reasons] == ["'data", "'file"]


def test_a_client_without_callback_url_is_not_clean() -> None:
    with pytest.raises(ValidationError) as refused:
        client(redirect_uris=[]).full_clean()
    assert refused.value.message_dict == {"redirect_uris": ["Enter at least one callback URL."]}


def test_a_used_id_is_refused_by_the_same_check() -> None:
    client().save()
    with pytest.raises(ValidationError) as refused:
        client().full_clean()
    assert list(refused.value.message_dict) == ["client_id"]
    client(client_id="other").full_clean()


def test_every_new_setting_may_be_clean() -> None:
    found = client(
        backchannel_logout_uri="http://nas.lan/logout",
        is_on_own_network=True,
        authentication_method="private_key_jwt",
        jwks={"keys": [public_key()]},
        access_token_format="jwt",
        access_token_lifetime=timedelta(minutes=1),
        refresh_token_lifetime=timedelta(days=365),
    )
    found.full_clean()
    found.save()
    found.full_clean()


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"backchannel_logout_uri": "http://nas.lan/"}, ["backchannel_logout_uri"]),
        ({"backchannel_logout_uri": "https://nas.example.com/#a"}, ["backchannel_logout_uri"]),
        ({"jwks": {"keys": [private_key()]}}, ["jwks"]),
        ({"jwks": [5]}, ["jwks"]),
        ({"jwks": {}}, ["jwks"]),
        ({"jwks": "text"}, ["jwks"]),
        ({"jwks_uri": "http://nas.lan/jwks", "is_on_own_network": True}, ["jwks_uri"]),
        ({"jwks": {"keys": [public_key()]}, "jwks_uri": "https://a.example.com/"}, ["jwks_uri"]),
        ({"authentication_method": "private_key_jwt"}, ["jwks"]),
        ({"authentication_method": "none"}, ["authentication_method"]),
        ({"client_type": "public", "authentication_method": "client_secret_post"}, ["authentication_method"]),
        ({"client_type": "public", "jwks": {"keys": [public_key()]}}, ["jwks"]),
        ({"access_token_format": "other"}, ["access_token_format"]),
        ({"access_token_lifetime": timedelta(seconds=59)}, ["access_token_lifetime"]),
        ({"access_token_lifetime": "soon"}, ["access_token_lifetime"]),
        ({"refresh_token_lifetime": timedelta(days=366)}, ["refresh_token_lifetime"]),
    ],
)
def test_a_setting_that_can_not_be_is_named(values: dict[str, Any], named: list[str]) -> None:
    with pytest.raises(ValidationError) as refused:
        client(**values).full_clean()
    assert list(refused.value.message_dict) == named

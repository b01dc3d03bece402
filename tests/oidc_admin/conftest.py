from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client as Browser

from oidc_clients.models import Client
from tests.support.passkey_sessions import every_sign_in_is_by_passkey

CALLBACK = "https://app.example.com/callback"
ADD = "/admin/hearthkey_oidc_clients/client/add/"


@pytest.fixture(autouse=True)
def _operators_use_passkeys() -> Iterator[None]:
    with every_sign_in_is_by_passkey():
        yield


@pytest.fixture
def operator(db: None) -> Any:
    return get_user_model().objects.create(
        username="ada", email="ada@example.com", first_name="Ada", is_staff=True, is_superuser=True
    )


@pytest.fixture
def browser(operator: Any) -> Browser:
    found = Browser(raise_request_exception=True, HTTP_HOST="localhost:1411")
    found.force_login(operator)
    return found


def form_of(**changed: Any) -> dict[str, Any]:
    """What the browser posts for a client whose form was filled in with the least."""
    filled = {
        "name": "Forge",
        "description": "",
        "launch_url": "",
        "redirect_uris": CALLBACK,
        "post_logout_redirect_uris": "",
        "issues_refresh_tokens": "on",
        "is_restricted": "on",
        "allows_device_grant": "on",
        "backchannel_logout_uri": "",
        "authentication_method": "",
        "jwks": "",
        "jwks_uri": "",
        "access_token_format": "opaque",
        "access_token_lifetime_0": "",
        "access_token_lifetime_1": "minutes",
        "refresh_token_lifetime_0": "",
        "refresh_token_lifetime_1": "days",
        "chosen_id": "",
        "chosen_secret": "",
        **changed,
    }
    return {name: value for name, value in filled.items() if value is not None}


def change_url(client: Client) -> str:
    return f"/admin/hearthkey_oidc_clients/client/{client.pk}/change/"


def action_url(client: Client, action: str) -> str:
    return f"/admin/hearthkey_oidc_clients/client/{client.pk}/{action}/"


def shown(page: str, name: str) -> str:
    """The value in one of the page's copy rows."""
    matched = re.search(rf'<code id="{name}">([^<]*)</code>', page)
    assert matched, page
    return matched[1]

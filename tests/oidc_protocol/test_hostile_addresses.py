"""What PostgreSQL can't store is refused before it is asked, in every path and every query of the provider."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client as Browser
from django.urls import URLPattern, URLResolver, get_resolver

from oidc_clients.models import ClientLogo
from tests.support.oidc_protocol.factories import HOST, make_client, make_member, signed_in

pytestmark = pytest.mark.django_db

HOSTILE = ("a%00b", "%00", "%ED%A0%80", "a%0D%0Ab", "%FF", "%F0%9F%92%A5" * 50)
NAMES = (
    *("client_id", "redirect_uri", "response_type", "request_uri", "interaction", "id_token_hint", "state", "scope"),
    *("user_code", "post_logout_redirect_uri", "ui_locales", "login_hint", "access_token", "next", "back"),
)


def _patterns(found: list[Any], prefix: str = "") -> list[str]:
    patterns = []
    for one in found:
        route = prefix + str(one.pattern)
        if isinstance(one, URLResolver) and one.app_name != "admin":
            patterns += _patterns(one.url_patterns, route)
        elif isinstance(one, URLPattern):
            patterns.append(route)
    return patterns


def _paths() -> list[str]:
    """Every address of the provider; a text in a path is hostile, anything else that a path takes is right."""
    found = []
    for route in _patterns(get_resolver("tests.oidc_protocol.urls").url_patterns):
        filled = route.replace("<uuid:interaction_id>", "12345678-1234-4234-8234-123456789abc")
        found += (
            [f"/{filled.replace('<str:client_id>', value)}" for value in HOSTILE] if "<" in filled else [f"/{filled}"]
        )
    return found


# A01: no id that can't be stored reaches the database
def test_a_logo_is_asked_for_by_an_id_that_a_client_can_have() -> None:
    client = make_client()
    ClientLogo.objects.create(client=client, data=b"png", content_type="image/png", etag="abc")
    found = Browser(headers={"host": HOST})
    assert found.get("/api/oidc/clients/app/logo").status_code == 200
    for value in HOSTILE:
        assert found.get(f"/api/oidc/clients/{value}/logo").status_code == 404, value


@pytest.mark.parametrize("is_signed_in", [False, True])
def test_no_address_is_a_server_error(is_signed_in: bool) -> None:
    make_client()
    found = signed_in(make_member()) if is_signed_in else Browser(headers={"host": HOST})
    paths = _paths()
    assert len(paths) > 20
    for path in paths:
        assert found.get(path).status_code < 500, path
    for path, name, value in product((one for one in paths if "%" not in one), NAMES, HOSTILE[:2]):
        for query in (f"{name}={value}", f"client_id=app&{name}={value}"):
            assert found.get(path, QUERY_STRING=query).status_code < 500, (path, query)
    assert get_user_model().objects.count() == int(is_signed_in)

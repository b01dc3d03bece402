from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Setup

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("/account", "/account/"),
        ("/account/passkeys", "/account/passkeys/"),
        ("/account/confirm/?next=/account/", "/account/confirm?next=/account/"),
        ("/login/", "/login"),
        ("/login//", "/login"),
        ("/logout/", "/logout"),
        ("/admin", "/admin/"),
    ],
)
def test_a_slash_too_many_or_too_few_leads_to_the_page(client: Client, member: object, typed: str, meant: str) -> None:
    response = client.get(typed)
    assert (response.status_code, response.headers["Location"]) == (302, meant)
    assert client.get(meant).status_code in {200, 302}


@pytest.mark.parametrize("path", ["/nothing", "/nothing/", "//login/", "//evil.example/", "/static/none.css"])
def test_an_address_that_is_none_either_way_is_not_found(client: Client, member: object, path: str) -> None:
    # As the server hands it over: the test client would read two slashes as a host.
    assert client.get("/", PATH_INFO=path).status_code == 404


def test_what_is_sent_with_a_form_is_never_sent_on(client: Client, member: object) -> None:
    assert client.post("/login/").status_code == 404


def test_the_wizard_has_one_address(client: Client) -> None:
    assert client.get("/setup/?token=abc").headers["Location"] == "/setup?token=abc"
    assert client.get("/setup").status_code == 200


def test_a_wizard_that_is_over_stays_over_in_either_spelling(client: Client, member: object) -> None:
    Setup.objects.create(id=1, administrator_id="")
    assert client.get("/setup/", follow=True).status_code == 404


def test_there_is_an_icon_where_browsers_look_for_one(client: Client) -> None:
    response = client.get("/favicon.ico")
    assert response.status_code == 200
    assert response.headers["Content-Type"] in {"image/vnd.microsoft.icon", "image/x-icon"}
    assert b"".join(response.streaming_content).startswith(b"\x00\x00\x01\x00")  # type: ignore[attr-defined]
    assert client.get("/favicon.ico", headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "//.well-known/openid-configuration",
        "/.well-known/openid-configuration/",
        "//.well-known/jwks.json",
        "/authorize/",
        "//authorize",
        "/api/oidc/token/",
        "//api/oidc/token",
        "//api/oidc/userinfo/",
    ],
)
def test_client_address_with_an_extra_slash_is_answered_as_without(client: Client, member: object, path: str) -> None:
    plain = f"/{path.strip('/')}"
    for method in ("GET", "POST"):
        form = {"data": "grant_type=nonsense&client_id=x", "content_type": "application/x-www-form-urlencoded"}
        typed, meant = (client.generic(method, "/", PATH_INFO=wanted, **form) for wanted in (path, plain))
        assert typed.status_code == meant.status_code != 404
        assert "Location" not in typed.headers
        if typed.headers["Content-Type"] == "application/json":
            assert typed.content == meant.content
    assert client.get("/", PATH_INFO=f"{plain}//x").status_code == 404

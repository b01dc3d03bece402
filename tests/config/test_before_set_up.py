from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/", "/login", "/account/", "/account/passkeys/", "/admin/", "/logout", "/lc/x"])
def test_peoples_pages_lead_to_the_wizard(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 302
    assert response.headers["Location"] == "/setup"


def test_the_authorization_endpoint_says_that_nothing_is_set_up(client: Client) -> None:
    response = client.get("/authorize", {"client_id": "x"})
    assert response.status_code == 503
    assert "text/html" in response.headers["Content-Type"]
    assert "Retry-After" in response.headers


@pytest.mark.parametrize("path", ["/api/oidc/token", "/api/oidc/userinfo"])
def test_protocol_endpoints_answer_503_json(client: Client, path: str) -> None:
    response = client.post(path)
    assert response.status_code == 503
    assert response.json()["error"] == "temporarily_unavailable"


@pytest.mark.parametrize(
    "path",
    ["/.well-known/openid-configuration", "/.well-known/jwks.json", "/healthz", "/readyz", "/setup", "/look/site.css"],
)
def test_metadata_probes_and_the_wizard_are_normal(client: Client, path: str) -> None:
    assert client.get(path).status_code == 200


def test_with_a_member_the_same_pages_are_served(client: Client, member: object) -> None:
    assert client.get("/login").status_code == 200
    assert client.get("/authorize", {"client_id": "x"}).status_code == 400
    assert client.post("/api/oidc/token").status_code in {400, 401, 415}

from __future__ import annotations

import hashlib
import time

import pytest
from django.test import Client

from config.models import RateLimit

pytestmark = pytest.mark.django_db


def _exhaust(policy: str, address: str, seconds: float) -> None:
    key = hashlib.sha256(f"{policy}\0{address}".encode()).hexdigest()
    RateLimit.objects.create(key=key, full_at=time.time() + seconds)


# K11, V7
def test_too_many_requests_get_429_with_retry_after_loopback_included(client: Client, member: object) -> None:
    assert client.post("/api/oidc/token").status_code != 429
    RateLimit.objects.all().delete()
    _exhaust("api", "127.0.0.1", 60)
    response = client.post("/api/oidc/token")
    assert response.status_code == 429
    assert response.json()["error"] == "temporarily_unavailable"
    assert 1 <= int(response.headers["Retry-After"]) <= 60
    page = client.get("/authorize")
    assert page.status_code == 429
    assert "text/html" in page.headers["Content-Type"]


def test_metadata_is_not_counted(client: Client, member: object) -> None:
    _exhaust("api", "127.0.0.1", 60)
    assert client.get("/.well-known/openid-configuration").status_code == 200


# V7
def test_sign_in_attempts_are_limited_per_address(client: Client, member: object) -> None:  # K11
    _exhaust("sign-in", "127.0.0.1", 120)
    response = client.post("/login/options", data="{}", content_type="application/json")
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) >= 1
    RateLimit.objects.all().delete()
    assert client.post("/login/options", data="{}", content_type="application/json").status_code == 200

"""The provider with its own defaults, so that these tests say what the app does and not what the project wires."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from oidc_clients.services import keys
from tests.support.oidc_protocol.factories import ISSUER


@pytest.fixture(autouse=True)
def _provider(settings: Any) -> Iterator[None]:
    settings.ROOT_URLCONF = "tests.oidc_protocol.urls"
    settings.ALLOWED_HOSTS = ["id.example.test"]
    settings.LOGIN_URL = "/login"
    settings.LOGIN_REDIRECT_URL = "/"
    settings.SESSION_ENGINE = "accounts.sessions"
    settings.MIDDLEWARE = [
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "oidc_clients.middleware.GoingOnMiddleware",
    ]
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
    settings.SESSION_COOKIE_SECURE = False
    settings.SESSION_COOKIE_NAME = "sessionid"
    settings.CSRF_COOKIE_NAME = "csrftoken"
    settings.CSRF_COOKIE_SECURE = False
    adapters = ("ACCESS", "CLAIMS", "AUTHENTICATION", "REQUIRE_FRESH", "RATE_LIMIT", "REQUEST_ORIGIN")
    for name in (*adapters, "INTERNAL_URL", "ENCRYPTION_KEYS"):
        setattr(settings, f"HEARTHKEY_OIDC_CLIENTS_{name}", None)
    settings.HEARTHKEY_OIDC_CLIENTS_ISSUER = ISSUER
    settings.HEARTHKEY_OIDC_CLIENTS_REFRESH_GRACE = timedelta(seconds=10)
    # A row of the last test's database must not sign in this one.
    keys.forget_key_state()
    yield
    keys.forget_key_state()

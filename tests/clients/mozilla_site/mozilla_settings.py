"""Settings of a Django site that signs people in with mozilla-django-oidc, as Linkding does.

Linkding is told each endpoint's address, wants RS256, takes the user name from ``preferred_username`` and finds people
who were there before by their e-mail address: the library's default, which is kept.
"""

from __future__ import annotations

import os

PROVIDER_URL = os.environ["PROVIDER_URL"]

SECRET_KEY = os.environ["SITE_KEY"]
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", ".localhost"]
ROOT_URLCONF = "mozilla_urls"
USE_TZ = True
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "mozilla_django_oidc",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["SITE_DATABASE"]}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SESSION_COOKIE_NAME = "mozilla_site"

AUTHENTICATION_BACKENDS = ["mozilla_django_oidc.auth.OIDCAuthenticationBackend"]
LOGIN_REDIRECT_URL = "/whoami"
LOGIN_REDIRECT_URL_FAILURE = "/whoami"

OIDC_OP_AUTHORIZATION_ENDPOINT = f"{PROVIDER_URL}/authorize"
OIDC_OP_TOKEN_ENDPOINT = f"{PROVIDER_URL}/api/oidc/token"
OIDC_OP_USER_ENDPOINT = f"{PROVIDER_URL}/api/oidc/userinfo"
OIDC_OP_JWKS_ENDPOINT = f"{PROVIDER_URL}/.well-known/jwks.json"
OIDC_RP_CLIENT_ID = os.environ["CLIENT_ID"]
OIDC_RP_CLIENT_SECRET = os.environ["CLIENT_SECRET"]
OIDC_RP_SIGN_ALGO = "RS256"
OIDC_RP_SCOPES = "openid email profile"
OIDC_USE_PKCE = os.environ.get("USE_PKCE", "true") == "true"
OIDC_USERNAME_ALGO = "mozilla_urls.username_from_claims"
OIDC_TIMEOUT = 10

from __future__ import annotations

from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
APP_URL = "http://localhost:1411"
DEBUG = False
SECRET_KEY = "x" * 60  # replaced by the derived key
ALLOWED_HOSTS = ["localhost"]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
USE_TZ = True
TIME_ZONE = "UTC"
INSTALLED_APPS = [
    "accounts",
    "passkeys",
    "oidc_clients",
    "audit",
    "mailer",
    "config",
    "oauth2_provider",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "data" / "hearthkey.sqlite3"}}
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / ".static"
AUTH_USER_MODEL = "hearthkey_accounts.User"
OAUTH2_PROVIDER_APPLICATION_MODEL = "hearthkey_oidc_clients.Client"
OAUTH2_PROVIDER_GRANT_MODEL = "hearthkey_oidc_clients.Grant"
OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL = "hearthkey_oidc_clients.AccessToken"
OAUTH2_PROVIDER_REFRESH_TOKEN_MODEL = "hearthkey_oidc_clients.RefreshToken"
OAUTH2_PROVIDER_ID_TOKEN_MODEL = "hearthkey_oidc_clients.IDToken"
OAUTH2_PROVIDER_DEVICE_GRANT_MODEL = "hearthkey_oidc_clients.DeviceGrant"

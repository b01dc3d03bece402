"""Ask django-oauth-toolkit's stock views every request of the corpus, and print what each came to, as JSON.

A process of its own: the toolkit's models can't be swapped and stock in one.
"""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import django
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings

from tests.oracle import corpus

KEY = generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
settings.configure(
    SECRET_KEY="only for the corpus",
    ALLOWED_HOSTS=["*"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "oauth2_provider"],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    ROOT_URLCONF="tests.oracle.stock_urls",
    LOGIN_URL="/login",
    USE_TZ=True,
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    LOGGING_CONFIG=None,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    OAUTH2_PROVIDER={
        "OIDC_ENABLED": True,
        "OIDC_RSA_PRIVATE_KEY": KEY,
        "OIDC_ISS_ENDPOINT": "https://id.example.test",
        "SCOPES": {"openid": "", "profile": "", "email": ""},
        "PKCE_REQUIRED": False,
        "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
        "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
        "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
        "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
        "REFRESH_TOKEN_REUSE_PROTECTION": True,
    },
)
django.setup()
logging.disable()

from django.contrib.auth import get_user_model  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.test import Client  # noqa: E402
from oauth2_provider.models import Application  # noqa: E402


def main() -> None:
    call_command("migrate", verbosity=0)
    ada = get_user_model().objects.create(username="ada")
    for client_id in (corpus.CLIENT_ID, corpus.OTHER_CLIENT_ID):
        Application.objects.create(
            client_id=client_id,
            client_secret=corpus.SECRET,
            redirect_uris=corpus.CALLBACK,
            client_type="confidential",
            authorization_grant_type="authorization-code",
            skip_authorization=True,
            algorithm="RS256",
            user=ada,
        )
    browser = Client(raise_request_exception=False)
    browser.force_login(ada)
    sys.stdout.write(json.dumps({"authorize": _authorize(browser), "token": _token(browser)}))


def _authorize(browser: Any) -> dict[str, str]:
    return {
        case.name: corpus.told(browser.get("/authorize", QUERY_STRING=case.encoded()))
        for case in corpus.authorization_cases()
    }


def _token(browser: Any) -> dict[str, str]:
    return {case.name: corpus.token_told(corpus.send(case, browser, "/token")) for case in corpus.token_cases()}


if __name__ == "__main__":
    main()

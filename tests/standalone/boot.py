"""Boot one app of the tree beside ``auth.User``, in a process of its own: ``python -m tests.standalone.boot APP``."""

from __future__ import annotations

import importlib
import importlib.util
import sys

import django
from django.conf import settings
from django.core.management import call_command

OF_APP: dict[str, dict[str, object]] = {
    "passkeys": {
        "AUTHENTICATION_BACKENDS": [
            "django.contrib.auth.backends.ModelBackend",
            "passkeys.backends.PasskeyBackend",
        ],
        "HEARTHKEY_PASSKEYS_RP_ID": "localhost",
        "HEARTHKEY_PASSKEYS_ORIGINS": ["http://localhost:8000"],
    },
    "oidc_clients": {
        "OAUTH2_PROVIDER_APPLICATION_MODEL": "hearthkey_oidc_clients.Client",
        "OAUTH2_PROVIDER_GRANT_MODEL": "hearthkey_oidc_clients.Grant",
        "OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL": "hearthkey_oidc_clients.AccessToken",
        "OAUTH2_PROVIDER_REFRESH_TOKEN_MODEL": "hearthkey_oidc_clients.RefreshToken",
        "OAUTH2_PROVIDER_ID_TOKEN_MODEL": "hearthkey_oidc_clients.IDToken",
        "OAUTH2_PROVIDER_DEVICE_GRANT_MODEL": "hearthkey_oidc_clients.DeviceGrant",
    },
}


def boot(app: str) -> None:
    """Check and migrate a site that has only ``app`` of ours, on an empty database."""
    beside = {"oidc_clients": ["oauth2_provider"]}.get(app, [])
    settings.configure(
        SECRET_KEY="only for this process",
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        ROOT_URLCONF="tests.standalone.urls",
        STATIC_URL="static/",
        INSTALLED_APPS=[
            app,
            *beside,
            "django.contrib.admin",
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.messages",
            "django.contrib.sessions",
            "django.contrib.staticfiles",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            *{"oidc_clients": ["oidc_clients.middleware.GoingOnMiddleware"]}.get(app, []),
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        **OF_APP.get(app, {}),
    )
    django.setup()
    call_command("check", fail_level="WARNING")
    call_command("migrate", verbosity=0)
    call_command("makemigrations", check_changes=True, dry_run=True, verbosity=1)
    run_tasks(app)
    ours = {"accounts", "passkeys", "oidc_clients", "audit", "mailer", "config"}
    strangers = {name.partition(".")[0] for name in sys.modules} & (ours - {app})
    if strangers:
        sys.exit(f"{app} imports {', '.join(sorted(strangers))}")


def run_tasks(app: str) -> None:
    """Run what the app wants to have run now and then, by the backend that a site has without any setting."""
    if importlib.util.find_spec(f"{app}.tasks") is None:
        return
    result = importlib.import_module(f"{app}.tasks").remove_expired.enqueue()
    if result.errors or result.return_value != 0:
        sys.exit(f"{app}.tasks.remove_expired: {result.errors}")


if __name__ == "__main__":
    boot(sys.argv[1])

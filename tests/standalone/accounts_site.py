"""A site that has the accounts app alone, in a process of its own: ``python -m tests.standalone.accounts_site MODEL``.

Prints what a visitor of ``/setup`` meets there, as one line of JSON.
"""

from __future__ import annotations

import io
import json
import re
import sys
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client

OURS = "hearthkey_accounts.User"


def configure(model: str) -> None:
    backend = "accounts.backends.LoginCodeBackend" if model == OURS else "django.contrib.auth.backends.ModelBackend"
    settings.configure(
        SECRET_KEY="only for this process",
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        ALLOWED_HOSTS=["testserver"],
        AUTH_USER_MODEL=model,
        AUTHENTICATION_BACKENDS=[backend],
        SESSION_ENGINE="accounts.sessions",
        ROOT_URLCONF="tests.standalone.urls",
        STATIC_URL="static/",
        INSTALLED_APPS=[
            "accounts",
            "django.contrib.admin",
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.messages",
            "django.contrib.sessions",
            "django.contrib.staticfiles",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
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
    )
    django.setup()
    call_command("check", fail_level="WARNING")
    call_command("migrate", verbosity=0)


def printed(name: str) -> str:
    out = io.StringIO()
    try:
        call_command(name, stdout=out)
    except CommandError as error:
        return f"refused: {error}"
    return out.getvalue().strip()


def visit() -> dict[str, object]:
    browser = Client()
    told: dict[str, object] = {"without token": browser.get("/setup").status_code}
    link = printed("setup_link")
    if link.startswith("refused"):
        return {**told, "link": link, "posted": browser.post("/setup").status_code}
    page = browser.get(link)
    told["with the link"] = page.status_code
    token = re.search(r'name="token" value="([^"]*)"', page.content.decode())
    form = {"username": "root", "email": "", "token": token[1] if token else ""}
    told["wrong token"] = browser.post("/setup", {**form, "token": "x" * 40}).status_code
    made = browser.post("/setup", form)
    told["made"] = made.status_code
    told["then"] = browser.get(urlsplit(made.headers["Location"]).path).status_code
    told["administration"] = browser.get("/admin/").status_code
    told["afterwards"] = [browser.get("/setup").status_code, browser.post("/setup", form).status_code]
    return told


if __name__ == "__main__":
    configure(sys.argv[1])
    sys.stdout.write(json.dumps(visit()))

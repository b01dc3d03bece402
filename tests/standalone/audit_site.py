"""A site that has the audit app alone, in a process of its own: ``python -m tests.standalone.audit_site``.

Prints what its people meet there, as one line of JSON.
"""

from __future__ import annotations

import json
import sys

import django
from django.conf import settings
from django.core.management import call_command
from django.test import Client


def configure() -> None:
    settings.configure(
        SECRET_KEY="only for this process",
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        ALLOWED_HOSTS=["testserver"],
        ROOT_URLCONF="tests.standalone.urls",
        LOGIN_URL="/admin/login/",
        STATIC_URL="static/",
        INSTALLED_APPS=[
            "audit",
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


def visit() -> dict[str, object]:
    # Models can be imported only now that the site is configured.
    from django.contrib.auth.models import User  # noqa: PLC0415

    from audit.events import Kind  # noqa: PLC0415
    from audit.models import Event  # noqa: PLC0415
    from audit.services import Entry, Person, record  # noqa: PLC0415

    settings.HEARTHKEY_AUDIT_KINDS = [
        Kind("invoice.paid", "Invoice paid", "%(subject)s paid %(number)s.", "You paid %(number)s.")
    ]
    ada, olga = User.objects.create(username="ada"), User.objects.create_superuser("olga")
    for person in (ada, olga):
        someone = Person(str(person.pk), person.username)
        record(Entry("invoice.paid", actor=someone, subject=someone, data={"number": f"no. {person.pk}"}))
    member, operator = Client(), Client()
    member.force_login(ada)
    operator.force_login(olga)
    own = member.get("/account/activity/").content.decode()
    seen = operator.get("/admin/hearthkey_audit/event/").content.decode()
    exported = operator.post("/admin/hearthkey_audit/event/export/", {"member": "ada"})
    lines = b"".join(exported.streaming_content).decode().splitlines()  # type: ignore[arg-type]
    one = Event.objects.get(name="audit_exported")
    return {
        "own": "You paid no. 1." in own and "no. 2" not in own,
        "list": "ada paid no. 1." in seen and "olga paid no. 2." in seen,
        "strangers": [
            Client().get(path).status_code for path in ("/account/activity/", "/admin/hearthkey_audit/event/")
        ],
        "members": member.get("/admin/hearthkey_audit/event/").status_code,
        "export": len(lines),
        "told": [one.actor_name, one.ip_address],
    }


if __name__ == "__main__":
    configure()
    sys.stdout.write(json.dumps(visit()))

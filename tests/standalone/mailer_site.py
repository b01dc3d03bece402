"""A site that has the mailer alone, in a process of its own: ``python -m tests.standalone.mailer_site``.

Prints what becomes of its mails, as one line of JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import django
from django.conf import settings
from django.core.management import call_command
from django.test import Client


def configure(templates: Path) -> None:
    settings.configure(
        SECRET_KEY="only for this process",
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        ALLOWED_HOSTS=["testserver"],
        ROOT_URLCONF="tests.standalone.urls",
        STATIC_URL="static/",
        EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
        DEFAULT_FROM_EMAIL="shop@example.com",
        HEARTHKEY_MAILER_INSTANCE_NAME="The shop",
        INSTALLED_APPS=[
            "mailer",
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
                "DIRS": [templates],
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


def write_templates(folder: Path) -> None:
    place = folder / "hearthkey" / "mailer"
    place.mkdir(parents=True)
    (place / "invoice.subject.txt").write_text("Invoice {{ number }}")
    text = '{% extends "hearthkey/mailer/base.txt" %}{% block content %}Please pay {{ number }}.{% endblock %}'
    (place / "invoice.txt").write_text(text)
    html = '{% extends "hearthkey/mailer/base.html" %}{% block content %}<p>Please pay {{ number }}.</p>{% endblock %}'
    (place / "invoice.html").write_text(html)


def visit() -> dict[str, object]:
    # Models can be imported only now that the site is configured.
    from django.contrib.auth.models import User  # noqa: PLC0415
    from django.core import mail  # noqa: PLC0415

    from mailer import services, signals, tasks  # noqa: PLC0415
    from mailer.models import Message  # noqa: PLC0415
    from mailer.services.kinds import Kind  # noqa: PLC0415

    failures: list[signals.MailFailed] = []

    def listen(event: signals.MailFailed, **_kwargs: object) -> None:
        failures.append(event)

    signals.mail_failed.connect(listen)
    settings.HEARTHKEY_MAILER_KINDS = [Kind("invoice", "Invoice", sample={"number": "no. 1"})]
    sent = services.send(kind="invoice", to="ada@example.com", variables={"number": "no. 7"}, user_id="7")
    (letter,) = mail.outbox
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = 1
    services.send(kind="invoice", to="ada@example.com", variables={"number": "no. 8"}, user_id="7")
    waiting = Message.objects.count()
    operator = Client()
    operator.force_login(User.objects.create_superuser("olga", "olga@example.com"))
    listed = operator.get("/admin/hearthkey_mailer/message/").content.decode()
    preview = operator.get("/admin/hearthkey_mailer/message/previews/invoice/").content.decode()
    trial = operator.post("/admin/hearthkey_mailer/message/test/").content.decode()
    Message.objects.update(expires_at=Message.objects.get().created_at)
    tasks.remove_expired.call()
    return {
        "sent": [sent, letter.subject, letter.from_email, "Please pay no. 7." in letter.body],
        "waiting": waiting,
        "listed": "Invoice" in listed and "no. 8" not in listed,
        "preview": "Please pay no. 1." in preview,
        "trial": "can&#x27;t be reached" in trial,
        "failures": [[event.kind, event.reason, event.user] for event in failures],
    }


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        write_templates(Path(folder))
        configure(Path(folder))
        sys.stdout.write(json.dumps(visit()))

from __future__ import annotations

from django.apps import AppConfig


class MailerConfig(AppConfig):
    name = __package__
    label = "hearthkey_mailer"
    verbose_name = "Mail"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks  # noqa: F401  # importing it registers the checks

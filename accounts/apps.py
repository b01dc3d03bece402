from __future__ import annotations

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class AccountsConfig(AppConfig):
    name = __package__
    label = "hearthkey_accounts"
    verbose_name = "Members"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks  # noqa: F401  # importing it registers the checks
        from .adapters import note_beginning

        user_logged_in.connect(note_beginning, dispatch_uid="hearthkey_accounts sign-in")

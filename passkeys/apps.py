from __future__ import annotations

from django.apps import AppConfig


class PasskeysConfig(AppConfig):
    name = __package__
    label = "hearthkey_passkeys"
    verbose_name = "Passkeys"
    default_auto_field = "django.db.models.BigAutoField"

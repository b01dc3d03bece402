from __future__ import annotations

from django.apps import AppConfig


class HearthkeyConfig(AppConfig):
    name = __package__
    label = "hearthkey_config"
    verbose_name = "Hearthkey"
    default_auto_field = "django.db.models.BigAutoField"

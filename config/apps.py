from __future__ import annotations

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class HearthkeyConfig(AppConfig):
    name = "config"
    label = "hearthkey_config"
    verbose_name = "Hearthkey"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from .wiring import receivers

        receivers.connect()


class HearthkeyAdminConfig(AdminConfig):
    default_site = "config.console.site.HearthkeyAdminSite"

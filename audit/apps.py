from __future__ import annotations

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = __package__
    label = "hearthkey_audit"
    verbose_name = "Audit log"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks  # noqa: F401  # importing it registers the checks

from __future__ import annotations

from django.apps import AppConfig


class OidcClientsConfig(AppConfig):
    name = __package__
    label = "hearthkey_oidc_clients"
    verbose_name = "OIDC clients"
    default_auto_field = "django.db.models.BigAutoField"

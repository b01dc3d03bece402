from __future__ import annotations

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in


class OidcClientsConfig(AppConfig):
    name = __package__
    label = "hearthkey_oidc_clients"
    verbose_name = "OIDC clients"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks  # noqa: F401  # registers the checks
        from .adapters import note_sign_in

        user_logged_in.connect(note_sign_in, dispatch_uid="hearthkey_oidc_clients sign-in")

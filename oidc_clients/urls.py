from __future__ import annotations

from django.urls import URLPattern

app_name = "hearthkey_oidc_clients"

urlpatterns: list[URLPattern] = []

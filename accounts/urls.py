from __future__ import annotations

from django.urls import URLPattern

app_name = "hearthkey_accounts"

urlpatterns: list[URLPattern] = []

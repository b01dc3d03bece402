"""The provider as any site mounts it, and the pages that this project's own look leads to, below a path of their own."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("oidc_clients.urls")),
    path("", include("oidc_clients.urls_wellknown")),
    path("admin/", admin.site.urls),
    path("elsewhere/", include("accounts.urls")),
    path("elsewhere/", include("passkeys.urls")),
]

"""The provider alone, as any site mounts it."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("oidc_clients.urls")),
    path("", include("oidc_clients.urls_wellknown")),
    path("admin/", admin.site.urls),
]

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("accounts.urls")),
    path("", include("passkeys.urls")),
    path("", include("oidc_clients.urls")),
    path("admin/", admin.site.urls),
]

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("accounts.urls")),
    path("", include("passkeys.urls")),
    path("", include("passkeys.urls_wellknown")),
    path("", include("oidc_clients.urls")),
    path("", include("oidc_clients.urls_wellknown")),
    path("", include("audit.urls")),
    path("admin/", admin.site.urls),
]

handler500 = "config.error_pages.server_error"

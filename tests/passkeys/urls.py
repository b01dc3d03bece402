from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("passkeys.urls")),
    path("", include("passkeys.urls_wellknown")),
    path("", include("accounts.urls")),
    path("admin/", admin.site.urls),
]

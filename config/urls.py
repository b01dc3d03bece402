from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from .live import views as live_views

urlpatterns = [
    path("", include("accounts.urls")),
    path("", include("passkeys.urls")),
    path("", include("passkeys.urls_wellknown")),
    path("", include("oidc_clients.urls")),
    path("", include("oidc_clients.urls_wellknown")),
    path("", include("audit.urls")),
    path("look/logo-light", live_views.logo, {"theme": "light"}, name="hearthkey_logo_light"),
    path("look/logo-dark", live_views.logo, {"theme": "dark"}, name="hearthkey_logo_dark"),
    path("look/site.css", live_views.stylesheet, {"page": "site"}, name="hearthkey_site_css"),
    path("look/admin.css", live_views.stylesheet, {"page": "administration"}, name="hearthkey_admin_css"),
    path("admin/", admin.site.urls),
]

handler400 = "config.requests.error_pages.bad_request"
handler403 = "config.requests.error_pages.permission_denied"
handler404 = "config.requests.error_pages.page_not_found"
handler500 = "config.requests.error_pages.server_error"

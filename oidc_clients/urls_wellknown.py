"""URLs with paths that the specifications define. Include them at the root."""

from __future__ import annotations

from django.urls import path

from .views.metadata import discovery, jwks

app_name = "hearthkey_oidc_clients_wellknown"

urlpatterns = [
    path(".well-known/openid-configuration", discovery, name="discovery"),
    path(".well-known/oauth-authorization-server", discovery, name="authorization-server"),
    path(".well-known/jwks.json", jwks, name="jwks"),
]

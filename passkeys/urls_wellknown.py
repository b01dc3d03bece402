"""Must be mounted at the root of the host that the RP ID names."""

from __future__ import annotations

from django.urls import path

from .views import well_known

urlpatterns = [
    path(".well-known/webauthn", well_known.webauthn, name="hearthkey-passkeys-webauthn"),
    path(".well-known/passkey-endpoints", well_known.passkey_endpoints, name="hearthkey-passkeys-endpoints"),
    path(".well-known/change-password", well_known.change_password, name="hearthkey-passkeys-change-password"),
]

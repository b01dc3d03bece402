from __future__ import annotations

from django.urls import path

from .views.apps import apps, end_device
from .views.apps import revoke as revoke_app
from .views.authorize import authorize
from .views.decisions import cancel, give_consent, keep_account, leave, switch_account
from .views.device import approve_device, confirm_device, enter_code, prove_passkey, refuse_device, switch_member
from .views.device_authorization import device_authorization
from .views.end_session import confirm as confirm_end_session
from .views.end_session import end_session
from .views.introspect import introspection
from .views.logo import client_logo
from .views.par import pushed_authorization_request
from .views.revoke import revocation
from .views.token import token
from .views.userinfo import userinfo

app_name = "hearthkey_oidc_clients"

urlpatterns = [
    path("authorize", authorize, name="authorize"),
    path("authorize/<uuid:interaction_id>/consent", give_consent, name="consent-give"),
    path("authorize/<uuid:interaction_id>/cancel", cancel, name="authorization-cancel"),
    path("authorize/<uuid:interaction_id>/leave", leave, name="authorization-leave"),
    path("authorize/<uuid:interaction_id>/account/keep", keep_account, name="account-keep"),
    path("authorize/<uuid:interaction_id>/account/switch", switch_account, name="account-switch"),
    path("api/oidc/token", token, name="token"),
    path("api/oidc/par", pushed_authorization_request, name="par"),
    path("api/oidc/userinfo", userinfo, name="userinfo"),
    path("api/oidc/introspect", introspection, name="introspection"),
    path("api/oidc/revoke", revocation, name="revocation"),
    path("api/oidc/end-session", end_session, name="end-session"),
    path("api/oidc/end-session/confirm", confirm_end_session, name="end-session-confirm"),
    path("api/oidc/device/authorize", device_authorization, name="device-authorization"),
    path("device", enter_code, name="device"),
    path("device/confirm", confirm_device, name="device-confirm"),
    path("device/passkey", prove_passkey, name="device-passkey"),
    path("device/approve", approve_device, name="device-approve"),
    path("device/refuse", refuse_device, name="device-refuse"),
    path("device/switch", switch_member, name="device-switch"),
    path("account/apps/", apps, name="apps"),
    path("account/apps/<str:client_id>/revoke", revoke_app, name="app-revoke"),
    path("account/apps/devices/<uuid:session_id>/end", end_device, name="app-device-end"),
    path("api/oidc/clients/<str:client_id>/logo", client_logo, name="client-logo"),
]

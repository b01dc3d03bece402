from __future__ import annotations

from django.urls import path

from .views import manage, register, sign_in, step_up

app_name = "hearthkey_passkeys"

urlpatterns = [
    path("login", sign_in.sign_in, name="sign-in"),
    path("login/options", sign_in.sign_in_options, name="sign-in-options"),
    path("login/verify", sign_in.sign_in_verify, name="sign-in-verify"),
    path("account/confirm", step_up.step_up, name="step-up"),
    path("account/confirm/options", step_up.step_up_options, name="step-up-options"),
    path("account/confirm/verify", step_up.step_up_verify, name="step-up-verify"),
    path("account/passkeys/", manage.passkey_list, name="passkey-list"),
    path("account/passkeys/first", register.passkey_first, name="passkey-first"),
    path("account/passkeys/add/options", register.add_options, name="passkey-add-options"),
    path("account/passkeys/add/verify", register.add_verify, name="passkey-add-verify"),
    path("account/passkeys/add/confirm", register.add_confirm, name="passkey-add-confirm"),
    path("account/passkeys/added", register.passkey_added, name="passkey-added"),
    path("account/passkeys/<uuid:passkey_id>/rename", manage.passkey_rename, name="passkey-rename"),
    path("account/passkeys/<uuid:passkey_id>/remove", manage.passkey_remove, name="passkey-remove"),
]

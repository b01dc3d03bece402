from __future__ import annotations

from django.urls import path

from .views import (
    account,
    codes,
    device_sign_in,
    device_sign_in_answers,
    login_code,
    other_sessions,
    other_ways,
    picture,
    profile,
    sessions,
    setup,
    sign_up,
    verification,
)

app_name = "hearthkey_accounts"

urlpatterns = [
    path("", account.home, name="home"),
    path("setup", setup.setup, name="setup"),
    path("account/", account.account, name="account"),
    path("account/profile", profile.profile, name="profile"),
    path("account/profile/picture", picture.change, name="profile-picture-change"),
    path("account/profile/picture/remove", picture.remove, name="profile-picture-remove"),
    path("account/profile/verification", verification.send, name="email-verification-send"),
    path("verify-email", verification.verify_email, name="email-verify-entry"),
    path("verify-email/<str:token>", verification.verify_email, name="email-verify"),
    path("account/sessions", sessions.sessions, name="sessions"),
    path("account/sessions/<uuid:sid>/end", sessions.end_one, name="session-end"),
    path("account/sessions/others/end", other_sessions.end_others, name="other-sessions-end"),
    path("api/users/<str:user_id>/profile-picture.png", picture.profile_picture, name="profile-picture"),
    path("logout", account.sign_out, name="sign-out"),
    path("login/other", other_ways.other_ways, name="other-ways"),
    path("login/code", codes.code_request, name="code-request"),
    path("lc", login_code.enter_code, name="login-code-entry"),
    path("lc/", login_code.enter_code),
    path("lc/<str:token>", login_code.login_code, name="login-code"),
    path("signup", sign_up.sign_up, name="sign-up"),
    path("signup/sign-out", sign_up.sign_out_first, name="sign-up-sign-out"),
    path("st/<str:token>", sign_up.sign_up_link, name="sign-up-link"),
    path("login/device", device_sign_in.device_sign_in, name="device-sign-in"),
    path("login/device/continue", device_sign_in.go_on, name="device-sign-in-continue"),
    path("login/device/cancel", device_sign_in.cancel, name="device-sign-in-cancel"),
    path("login/device/<str:key>", device_sign_in_answers.question, name="device-sign-in-question"),
    path("login/device/<str:key>/approve", device_sign_in_answers.approve, name="device-sign-in-approve"),
    path("login/device/<str:key>/refuse", device_sign_in_answers.refuse, name="device-sign-in-refuse"),
    path("settings", account.to_account),
    path("settings/<path:rest>", account.to_account),
]

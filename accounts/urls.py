from __future__ import annotations

from django.urls import path

from .views import account, login_code, picture, profile, setup, verification

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
    path("api/users/<str:user_id>/profile-picture.png", picture.profile_picture, name="profile-picture"),
    path("logout", account.sign_out, name="sign-out"),
    path("lc", login_code.to_sign_in, name="login-code-entry"),
    path("lc/", login_code.to_sign_in),
    path("lc/<str:token>", login_code.login_code, name="login-code"),
    path("settings", account.to_account),
    path("settings/<path:rest>", account.to_account),
]

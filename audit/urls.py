from __future__ import annotations

from django.urls import path

from . import views

app_name = "hearthkey_audit"

urlpatterns = [path("account/activity/", views.activity, name="activity")]

from __future__ import annotations

from django.urls import path
from oauth2_provider.views import AuthorizationView, TokenView

urlpatterns = [
    path("authorize", AuthorizationView.as_view()),
    path("token", TokenView.as_view()),
]

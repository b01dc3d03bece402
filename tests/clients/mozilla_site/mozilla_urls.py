from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path


def username_from_claims(email: str, claims: dict[str, Any]) -> str:
    return str(claims["preferred_username"])


def ready(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ready")


def whoami(request: HttpRequest) -> JsonResponse:
    if not request.user.is_authenticated:
        return JsonResponse({"signed_in": False}, status=401)
    return JsonResponse(
        {
            "signed_in": True,
            "id": request.user.pk,
            "preferred_username": request.user.get_username(),
            "email": request.user.email,
        }
    )


urlpatterns = [path("", ready), path("whoami", whoami), path("oidc/", include("mozilla_django_oidc.urls"))]

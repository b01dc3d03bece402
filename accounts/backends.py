"""The backend of sessions that a code or the set-up began. It authenticates nobody by itself."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest


class LoginCodeBackend(ModelBackend):
    """Django's own permissions, without its password check."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> None:
        return None

    async def aauthenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> None:
        return None


LOGIN_CODE_BACKEND = f"{LoginCodeBackend.__module__}.{LoginCodeBackend.__qualname__}"

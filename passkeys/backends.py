"""The backend that sessions begun with a passkey name."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest
from django.utils.module_loading import import_string


class PasskeyBackend(ModelBackend):
    """Loads members and their permissions as Django does, and signs nobody in by what they type.

    The services verify passkeys; their result goes straight into ``django.contrib.auth.login``. Leaving Django's
    password check inherited would open a second way in for every account that has a password.
    """

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> None:
        return None

    async def aauthenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> None:
        return None


def backend_path() -> str:
    """Return the dotted path under which the settings list this backend, or a subclass of it.

    Django drops a session whose backend is not listed, so the listed spelling counts.
    """
    for path in settings.AUTHENTICATION_BACKENDS:
        loaded = import_string(path)
        if isinstance(loaded, type) and issubclass(loaded, PasskeyBackend):
            return path
    return f"{PasskeyBackend.__module__}.{PasskeyBackend.__qualname__}"

"""System checks of this app's settings."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register

from .middleware import GoingOnMiddleware

_PATH: Final = f"{GoingOnMiddleware.__module__}.{GoingOnMiddleware.__qualname__}"


@register("hearthkey_oidc_clients")
def check_middleware(**_kwargs: Any) -> list[CheckMessage]:
    if _PATH in settings.MIDDLEWARE:
        return []
    message = "Forms that end at a client do nothing in Chromium if the site's policy restricts form-action."
    return [Warning(message, hint=f"Add {_PATH!r} to the end of MIDDLEWARE.", id="hearthkey_oidc_clients.W001")]

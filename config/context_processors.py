from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from . import live, request_context
from .live.look import look


def instance(request: HttpRequest) -> dict[str, Any]:
    """Return what every page shows of this instance."""
    return {
        "app_name": live.value("general.name"),
        "look": look(),
        "app_url": settings.APP_URL,
        "request_id": request_context.current().request_id,
    }

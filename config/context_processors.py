from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from . import request_context


def instance(request: HttpRequest) -> dict[str, str]:
    """Return what every page shows of this instance."""
    return {
        "app_name": settings.APP_NAME,
        "app_url": settings.APP_URL,
        "request_id": request_context.current().request_id,
    }

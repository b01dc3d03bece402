from __future__ import annotations

from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from . import request_context
from . import session_banner as banners


def instance(request: HttpRequest) -> dict[str, str]:
    """Return what every page shows of this instance."""
    return {
        "app_name": settings.APP_NAME,
        "app_url": settings.APP_URL,
        "request_id": request_context.current().request_id,
    }


def session_banner(request: HttpRequest) -> dict[str, Any]:
    """Return what to say of this session; asked only by pages that show it."""
    return {"session_banner": partial(banners.session_banner, request)}

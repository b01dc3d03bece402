from __future__ import annotations

from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from .. import live
from ..live.look import look
from ..requests import request_context
from . import navigation
from . import session_banner as banners


def instance(request: HttpRequest) -> dict[str, Any]:
    """Return what every page shows of this instance."""
    return {
        "app_name": live.value("general.name"),
        "look": look(),
        "app_url": settings.APP_URL,
        "request_id": request_context.current().request_id,
    }


def account_pages(request: HttpRequest) -> dict[str, Any]:
    """Return the pages of the account, for the navigation of whoever is signed in; none on a page of another kind."""
    user = getattr(request, "user", None)
    is_shown = user is not None and user.is_authenticated and navigation.is_account_page(request)
    return {"account_pages": navigation.account_pages(request.path) if is_shown else ()}


def session_banner(request: HttpRequest) -> dict[str, Any]:
    """Return what to say of this session; asked only by pages that show it."""
    return {"session_banner": partial(banners.session_banner, request)}

"""What this app asks the site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, cast

from django.http import HttpRequest
from django.utils.module_loading import import_string

from . import conf


@dataclass(frozen=True)
class Origin:
    """Where an event came from; all empty for a command. ``country`` is a code of ISO 3166-1, two letters."""

    ip_address: str = ""
    user_agent: str = ""
    session_id: str = ""
    request_id: str = ""
    country: str = ""
    city: str = ""


class OriginOf(Protocol):
    def __call__(self, request: HttpRequest, /) -> Origin: ...


def connection_origin(request: HttpRequest) -> Origin:
    """Return the origin as the connection tells it: behind a proxy the address is the proxy's."""
    return Origin(
        ip_address=request.META.get("REMOTE_ADDR", ""),
        user_agent=request.headers.get("User-Agent", ""),
        session_id=str(getattr(getattr(request, "session", None), "sid", None) or ""),
    )


def get_origin() -> OriginOf:
    path = conf.origin_path()
    return cast(OriginOf, import_string(path)) if path else connection_origin

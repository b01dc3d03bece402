from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from .adapters import ask_request_origin


class SeenFromMiddleware:
    """Lets the session engine note the address that a session is used from. Belongs after ``SessionMiddleware``.

    Without it the list of sessions knows the address of the sign-in alone.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        session: Any = request.session
        if hasattr(session, "seen_from"):  # or it is another engine's
            # Asked for at most once a minute and session, when the engine writes down the last use.
            session.seen_from = lambda: ask_request_origin()(request)[0] or ""
        return self.get_response(request)

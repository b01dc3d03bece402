from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from ..rate_limit import rate_limit
from ..rate_limit_response import too_many_requests


class ApiRateLimitMiddleware:
    """Limits each client address on the protocol's endpoints; metadata costs nothing and is not counted."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(("/authorize", "/api/")):
            wait = rate_limit(request, "api")
            if wait is not None:
                return too_many_requests(request, wait)
        return self.get_response(request)

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from ...serving.readiness import not_ready_reason


class ProbesMiddleware:
    """Answers ``/healthz`` and ``/readyz`` before anything that depends on host, scheme or data."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path not in {"/healthz", "/readyz"}:
            return self.get_response(request)
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        reason = not_ready_reason(can_write=True) if request.path == "/readyz" else None
        text, status = ("ok", 200) if reason is None else (reason, 503)
        return HttpResponse(
            f"{text}\n", status=status, content_type="text/plain", headers={"Cache-Control": "no-store"}
        )

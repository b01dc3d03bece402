"""A client's logo."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from ..models import ClientLogo
from ..services.clients_lookup import is_client_id


@require_safe
def client_logo(request: HttpRequest, client_id: str) -> HttpResponse:
    logo = ClientLogo.objects.filter(client__client_id=client_id).first() if is_client_id(client_id) else None
    if logo is None:
        raise Http404
    etag = f'"{logo.etag}"'
    if etag in (tag.strip() for tag in request.headers.get("If-None-Match", "").split(",")):
        response = HttpResponse(status=304)
    else:
        response = HttpResponse(bytes(logo.data), content_type=logo.content_type)
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "public, max-age=300"
    # An image that somebody uploaded: shown as what it says it is, and powerless when opened by itself.
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response

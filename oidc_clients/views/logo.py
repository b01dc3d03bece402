"""A client's logo."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from ..models import ClientLogo
from ..services.clients_lookup import is_client_id
from .answers import conditional


@require_safe
def client_logo(request: HttpRequest, client_id: str) -> HttpResponse:
    logo = ClientLogo.objects.filter(client__client_id=client_id).first() if is_client_id(client_id) else None
    if logo is None:
        raise Http404
    whole = HttpResponse(bytes(logo.data), content_type=logo.content_type)
    response = conditional(request, whole, etag=f'"{logo.etag}"', max_age=300)
    # An image that somebody uploaded: shown as what it says it is, and powerless when opened by itself.
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response

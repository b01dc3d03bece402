"""A member's profile picture, as the ``picture`` claim names it. It is public: whoever knows the id may see it."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from ..services.pictures import picture_of


@require_safe
def profile_picture(request: HttpRequest, user_id: str) -> HttpResponse:
    try:
        user = get_user_model()._default_manager.filter(pk=user_id).first()
    except (ValidationError, ValueError, OverflowError) as error:
        raise Http404 from error
    if user is None:
        raise Http404
    picture = picture_of(user)
    response = get_conditional_response(request, etag=picture.etag) or HttpResponse(
        picture.data, content_type="image/png"
    )
    response.headers["ETag"] = picture.etag
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    # Clients show it on pages of their own.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response

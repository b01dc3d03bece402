"""Who is signed in, on pages about this app's own members."""

from __future__ import annotations

from django.http import Http404, HttpRequest

from ..models import User


def own_member(request: HttpRequest) -> User:
    """Return the signed-in member.

    :raises Http404: the site has another user model, whose details are not this app's to show.
    """
    if not isinstance(request.user, User):
        raise Http404
    return request.user

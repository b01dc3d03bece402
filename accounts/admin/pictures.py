"""Taking a member's picture away."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from ..exceptions import AccountsError
from ..services.pictures import remove_picture
from .people import actor_of, to_member


def picture_urls(admin: Any) -> list[URLPattern]:
    """Return the address that a member's page sends its button to."""

    def remove_view(request: HttpRequest, object_id: str) -> HttpResponse:
        member = admin.changeable(request, object_id)
        if request.method != "POST":
            return to_member(member)
        try:
            remove_picture(member=member, actor=actor_of(request))
        except AccountsError as error:
            admin.tell(request, member, error)
            messages.error(request, str(error.message))
        else:
            messages.success(request, _("Picture removed."))
        return to_member(member)

    return [
        path(
            "<path:object_id>/picture/remove/",
            admin.admin_site.admin_view(remove_view),
            name="hearthkey_member_picture_remove",
        )
    ]

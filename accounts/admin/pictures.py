"""Taking a member's picture away."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from ..exceptions import AccountsError
from ..services.pictures import remove_picture
from .people import actor_of


def picture_urls(admin: Any) -> list[URLPattern]:
    """Return the address that a member's page sends its button to."""

    def remove_view(request: HttpRequest, object_id: str) -> HttpResponse:
        member = admin.get_object(request, object_id)
        if request.method != "POST" or member is None or not admin.has_change_permission(request, member):
            admin.tell(request, member)
            raise PermissionDenied
        try:
            remove_picture(member=member, actor=actor_of(request))
        except AccountsError as error:
            admin.tell(request, member, error)
            messages.error(request, str(error.message))
        else:
            messages.success(request, _("The picture was removed."))
        return HttpResponseRedirect(reverse("admin:hearthkey_accounts_user_change", args=[member.pk]))

    return [
        path(
            "<path:object_id>/picture/remove/",
            admin.admin_site.admin_view(remove_view),
            name="hearthkey_member_picture_remove",
        )
    ]

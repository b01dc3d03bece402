"""A member's sessions on their page: seen and ended by operators who may reach that far, one by one or everywhere."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from ..exceptions import AccountsError
from ..models import User
from ..services.session_list import list_sessions
from ..services.sessions import end_session, sign_out_everywhere
from .people import actor_of, to_member

if TYPE_CHECKING:
    from .refusals import ServiceRefusalsMixin

    class _Base(ServiceRefusalsMixin, admin.ModelAdmin[User]): ...
else:
    _Base = object


_PAGE = "sessions"


class SessionsMixin(_Base):
    """For the ModelAdmin of the members. Who may not change a member sees nothing of where they are."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path(
                "<path:object_id>/sessions/<uuid:sid>/end/",
                wrap(self.session_end_view),
                name="hearthkey_member_session_end",
            ),
            path(
                "<path:object_id>/sessions/end/",
                wrap(self.sign_out_everywhere_view),
                name="hearthkey_member_sign_out_everywhere",
            ),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        member = self.get_object(request, object_id)
        may_change = member is not None and self.has_change_permission(request, member)
        extra: dict[str, Any] = {"hearthkey_sessions": ()}
        if may_change:
            page = list_sessions(user=member, current=_current_sid(request), page=request.GET.get(_PAGE, ""))
            extra = {"hearthkey_sessions": page.cards, "hearthkey_session_page": page, "hearthkey_page_name": _PAGE}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **extra})

    def session_end_view(self, request: HttpRequest, object_id: str, sid: uuid.UUID) -> HttpResponse:
        member = self.changeable(request, object_id)
        if request.method != "POST":
            return to_member(member)
        return self._end(
            request,
            member,
            lambda: end_session(user=member, sid=str(sid), actor=actor_of(request)),
            _("Session ended."),
            is_own=str(sid) == _current_sid(request),
        )

    def sign_out_everywhere_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        member = self.changeable(request, object_id)
        if request.method != "POST":
            return to_member(member)
        return self._end(
            request,
            member,
            lambda: sign_out_everywhere(user=member, actor=actor_of(request)),
            _("%(name)s has been signed out of this service and all apps.") % {"name": member.username},
            is_own=member.pk == request.user.pk,
        )

    def _end(
        self, request: HttpRequest, member: User, act: Callable[[], Any], done: str, *, is_own: bool
    ) -> HttpResponse:
        """Do it, and say so; an operator who ended the session they are in has none left to hear it in."""
        try:
            act()
        except AccountsError as error:
            self.tell(request, member, error)
            messages.error(request, str(error.message))
        else:
            if is_own:
                request.session.flush()
                return redirect(resolve_url(settings.LOGIN_URL))
            messages.success(request, done)
        return to_member(member)


def _current_sid(request: HttpRequest) -> str:
    session: Any = request.session
    return str(getattr(session, "sid", None) or "")

"""One-time codes on a member's page: made, shown once or mailed, listed while they live, withdrawn."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from .. import adapters, conf
from ..exceptions import AccountsError
from ..forms import CodeForm
from ..models import User
from ..services import codes, policy
from ..services.qr_codes import QrCode
from .people import actor_of, to_member

if TYPE_CHECKING:
    from .refusals import ServiceRefusalsMixin

    class _Base(ServiceRefusalsMixin, admin.ModelAdmin[User]): ...
else:
    _Base = object

#: The door of the administration may have asked before, and a window of zero is spent there: what was enough for it,
#: is enough here.
_JUST_NOW: Final = timedelta(minutes=5)


class CodesMixin(_Base):
    """For the ModelAdmin of the members."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<path:object_id>/code/", wrap(self.code_view), name="hearthkey_member_code"),
            path("<path:object_id>/code/mail/", wrap(self.code_mail_view), name="hearthkey_member_code_mail"),
            path(
                "<path:object_id>/code/<uuid:code_id>/withdraw/",
                wrap(self.code_withdraw_view),
                name="hearthkey_member_code_withdraw",
            ),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        member = self.get_object(request, object_id)
        may_change = member is not None and self.has_change_permission(request, member)
        extra = {
            "hearthkey_may_make_code": may_change and _may_make(request, member),
            "hearthkey_codes": codes.list_codes(user=member) if may_change else (),
        }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **extra})

    def code_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask how a code is to be made; or make it, and show it once, in the answer to the POST itself."""
        member = self.changeable(request, object_id)
        if request.method != "POST":
            return self._code_page(request, member, CodeForm())
        form = CodeForm(request.POST)
        if not form.is_valid():
            return self._code_page(request, member, form, status=400)
        if (way := _confirmed(request)) is not None:
            return way
        try:
            code = codes.create_code(user=member, actor=actor_of(request), lifetime=_lifetime(form))
        except AccountsError as error:
            return self._code_refused(request, member, error)
        context = {
            **self._code_context(member, _("One-time code for %(name)s") % {"name": member.username}),
            "code": code,
            "entry_url": conf.base_url() + reverse("hearthkey_accounts:login-code-entry"),
            "qr": QrCode(code.link),
        }
        return self._code_answer(request, "hearthkey/accounts/admin/login_code.html", context)

    def code_mail_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        member = self.changeable(request, object_id)
        form = CodeForm(request.POST)
        if request.method != "POST" or not form.is_valid():
            return HttpResponseRedirect(reverse("admin:hearthkey_member_code", args=[member.pk]))
        if (way := _confirmed(request)) is not None:
            return way
        try:
            codes.mail_code(user=member, actor=actor_of(request), lifetime=_lifetime(form))
        except AccountsError as error:
            return self._code_refused(request, member, error)
        messages.success(request, _("A sign-in code has been sent to %(address)s.") % {"address": member.email})
        return to_member(member)

    def code_withdraw_view(self, request: HttpRequest, object_id: str, code_id: uuid.UUID) -> HttpResponse:
        member = self.changeable(request, object_id)
        if request.method != "POST":
            return to_member(member)
        if (way := _confirmed(request)) is not None:
            return way
        try:
            was_live = codes.withdraw_code(user=member, code_id=code_id, actor=actor_of(request))
        except AccountsError as error:
            return self._code_refused(request, member, error)
        if was_live:
            messages.success(request, _("The sign-in code has been revoked."))
        else:
            messages.warning(request, _("This sign-in code has already been used or revoked."))
        return to_member(member)

    def _code_page(self, request: HttpRequest, member: User, form: CodeForm, status: int = 200) -> HttpResponse:
        if not _may_make(request, member):
            raise PermissionDenied
        context = {
            **self._code_context(member, _("A one-time code for %(name)s") % {"name": member.username}),
            "form": form,
            "may_mail": policy.may_mail_code(request.user, member),
            "can_be_mailed": codes.can_be_mailed(member),
            "mail_is_on": adapters.ask_mail_is_on()(),
        }
        return self._code_answer(request, "hearthkey/accounts/admin/make_code.html", context, status)

    def _code_context(self, member: User, title: str) -> dict[str, Any]:
        back = reverse("admin:hearthkey_accounts_user_change", args=[member.pk])
        return {"title": title, "member": member, "opts": self.opts, "back_url": back}

    def _code_answer(
        self, request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
    ) -> HttpResponse:
        context = {**self.admin_site.each_context(request), **context}
        response = render(request, template, context, status=status)
        response.headers["Cache-Control"] = "no-store"
        return response

    def _code_refused(self, request: HttpRequest, member: User, error: AccountsError) -> HttpResponse:
        self.tell(request, member, error)
        messages.error(request, str(error.message))
        return to_member(member)


def _may_make(request: HttpRequest, member: Any) -> bool:
    return bool(member.is_active) and policy.may_make_code(request.user, member)


def _confirmed(request: HttpRequest) -> HttpResponse | None:
    return adapters.ask_require_fresh()(request, max(conf.step_up_window(), _JUST_NOW))


def _lifetime(form: CodeForm) -> timedelta | None:
    return codes.LIFETIMES.get(form.cleaned_data["lifetime"])

"""Passkeys in the Django admin: for looking, and for removing one through the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_protect

from . import adapters
from .exceptions import NotAllowed, PasskeyError
from .models import Passkey
from .services.manage import others_of, remove_passkey_of_member
from .signals import PasskeyRefused, passkey_refused

if TYPE_CHECKING:
    PasskeyModelAdmin = admin.ModelAdmin[Passkey]
else:
    PasskeyModelAdmin = admin.ModelAdmin


@admin.register(Passkey)
class PasskeyAdmin(PasskeyModelAdmin):
    """Nothing is added or edited here: a passkey comes from its owner's device, and only its owner names it."""

    list_display = ("name", "member", "provider_name", "backed_up", "weak_key", "created_at", "last_used_at")
    list_filter = ("backed_up", "backup_eligible", "created_at", "last_used_at")
    list_select_related = ("user",)
    search_fields = ("name",)
    ordering = ("-created_at",)
    fields = (
        "name",
        "user",
        "provider_name",
        "rp_id",
        "algorithm",
        "backup_eligible",
        "backed_up",
        "attachment",
        "transports",
        "sign_count",
        "counter_regressed_at",
        "weak_key",
        "created_at",
        "last_used_at",
    )
    readonly_fields = fields
    actions = None

    @admin.display(description=gettext_lazy("weak key"), boolean=True)
    def weak_key(self, passkey: Passkey) -> bool:
        return passkey.has_weak_key

    @admin.display(description=gettext_lazy("member"), ordering="user")
    def member(self, passkey: Passkey) -> str:
        """Return the owner by both names where there are two: different people may show the same one."""
        shown, name = str(passkey.user), passkey.user.get_username()
        return name if shown == name else f"{shown} ({name})"

    @admin.display(description=gettext_lazy("provider"))
    def provider_name(self, passkey: Passkey) -> str:
        return passkey.provider.name if passkey.provider else "-"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Passkey], search_term: str
    ) -> tuple[QuerySet[Passkey], bool]:
        """Search by the member's user name too, whatever the user model calls that field."""
        found, may_have_duplicates = super().get_search_results(request, queryset, search_term)
        if search_term:
            field = get_user_model().USERNAME_FIELD
            found |= queryset.filter(**{f"user__{field}__icontains": search_term})
        return found, may_have_duplicates

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only the list's own filters: any other column could be guessed bit by bit, or is not one for questions."""
        return lookup.partition("__")[0] in self.list_filter and super().lookup_allowed(lookup, value, request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Passkey | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Passkey | None = None) -> bool:
        if not super().has_delete_permission(request, obj):
            return False
        if obj is None:
            return True
        operator = _operator(request)
        return operator.pk != obj.user_id and adapters.ask_may_manage()(operator, obj.user)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask, then remove through the service. Django's own view would bypass its locks and its event."""
        passkey = self.get_object(request, object_id)
        if passkey is None:
            return HttpResponseRedirect(reverse("admin:hearthkey_passkeys_passkey_changelist"))
        if not self.has_delete_permission(request, passkey):
            if request.method == "POST":
                _tell_refusal(request, passkey, NotAllowed("no permission to remove this passkey"))
            raise PermissionDenied
        return csrf_protect(self._remove)(request, passkey)

    def _remove(self, request: HttpRequest, passkey: Passkey) -> HttpResponse:
        if request.method == "POST":
            try:
                remove_passkey_of_member(actor=_operator(request), passkey=passkey)
            except PasskeyError as error:
                _tell_refusal(request, passkey, error)
                messages.error(request, str(error.message))
                return HttpResponseRedirect(reverse("admin:hearthkey_passkeys_passkey_change", args=(passkey.pk,)))
            messages.success(request, _("The passkey “%(name)s” was removed.") % {"name": passkey.name})
            return self._after_removal(request, passkey)
        is_last = not others_of(passkey).exists()
        context = {**self._context(request, _("Remove passkey")), "passkey": passkey, "is_last": is_last}
        return TemplateResponse(request, "hearthkey/passkeys/admin/remove.html", context)

    def _after_removal(self, request: HttpRequest, passkey: Passkey) -> HttpResponse:
        """Say on this same page that the member is shut out, and offer them another way in."""
        recovery_url = None if others_of(passkey).exists() else adapters.ask_recovery_url()(request, passkey.user)
        if recovery_url is None:
            return HttpResponseRedirect(reverse("admin:hearthkey_passkeys_passkey_changelist"))
        context = {
            **self._context(request, _("Passkey removed")),
            "member": passkey.user,
            "recovery_url": recovery_url,
        }
        return TemplateResponse(request, "hearthkey/passkeys/admin/removed_last.html", context)

    def _context(self, request: HttpRequest, title: str) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "title": title, "opts": self.opts}


def _tell_refusal(request: HttpRequest, passkey: Passkey, error: PasskeyError) -> None:
    event = PasskeyRefused(
        purpose="remove",
        reason=error.code,
        detail=str(error)[:200],
        user=str(passkey.user_id),
        passkey=str(passkey.pk),
        actor=str(_operator(request).pk),
    )
    passkey_refused.send(sender=Passkey, event=event)


def _operator(request: HttpRequest) -> AbstractBaseUser:
    if not request.user.is_authenticated:
        raise PermissionDenied
    return request.user

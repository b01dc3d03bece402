"""What operators may look at and nobody may change here: signing keys, and sign-outs on their way to clients."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.csrf import csrf_protect

from ..models import LogoutDelivery, SigningKey
from ..services.logout import is_given_up, retry_logout

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
    _Filter = admin.SimpleListFilter
else:
    _ModelAdmin = admin.ModelAdmin
    _Filter = admin.SimpleListFilter


class OverviewAdmin(_ModelAdmin):
    """A list and a page for each row, both to be read only; there is no history of what nobody changes here."""

    actions: Any = None
    change_form_template = "hearthkey/oidc_clients/admin/overview.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        title = capfirst(str(self.opts.verbose_name_plural))
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only the list's own filters: any other column could be guessed letter by letter, a private key's included."""
        return lookup in {getattr(found, "parameter_name", None) for found in self.list_filter}


class SigningKeyAdmin(OverviewAdmin):
    """The keys that ID tokens are signed with. They are changed by rotation alone."""

    list_display = ("short_kid", "state", "created_at", "activated_at", "retired_at")
    fields = ("kid", "algorithm", "state", "created_at", "activated_at", "retired_at", "public_jwk")
    ordering = ("-created_at",)

    @admin.display(description=gettext_lazy("Key ID"))
    def short_kid(self, key: SigningKey) -> str:
        return f"{key.kid[:12]}…"

    def get_queryset(self, request: HttpRequest) -> QuerySet[SigningKey]:
        # The private part never leaves the database for a page.
        return super().get_queryset(request).defer("private_key")


class OutcomeFilter(_Filter):
    """Delivered, waiting for its first attempt, or failed so far."""

    title = gettext_lazy("outcome")
    parameter_name = "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("waiting", _("Waiting")), ("failed", _("Failed")), ("delivered", _("Delivered"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[LogoutDelivery]) -> QuerySet[LogoutDelivery]:
        chosen: dict[str, dict[str, Any]] = {
            "waiting": {"delivered_at": None, "last_error": ""},
            "delivered": {"delivered_at__isnull": False},
        }
        if self.value() == "failed":
            return queryset.filter(delivered_at=None).exclude(last_error="")
        return queryset.filter(**chosen.get(self.value() or "", {}))


class LogoutDeliveryAdmin(OverviewAdmin):
    """Which clients were told that a session ended, which still have to be, and why that failed."""

    list_display = ("client", "outcome", "attempts", "created_at", "delivered_at", "last_error")
    fields = (*list_display, "sub", "sid")
    list_filter = (OutcomeFilter,)
    list_select_related = ("client",)
    search_fields = ("client__name", "client__client_id", "sub", "sid")
    ordering = ("-created_at",)
    actions = ("try_again",)
    change_form_template = "hearthkey/oidc_clients/admin/logout_delivery.html"

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("hearthkey_oidc_clients.change_client"))

    @admin.action(description=gettext_lazy("Retry"), permissions=["retry"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[LogoutDelivery]) -> None:
        chosen = list(queryset.select_related("client"))
        begun = sum(retry_logout(delivery=delivery, actor=str(request.user.pk)) for delivery in chosen)
        if begun:
            text = ngettext("Notifying %d client again.", "Notifying %d clients again.", begun) % begun
            messages.success(request, text)
        if begun < len(chosen):
            messages.warning(
                request, _("Only failed notifications are retried. The others have been delivered or are pending.")
            )

    def get_urls(self) -> list[Any]:
        retry = self.admin_site.admin_view(self.retry_view)
        return [path("<uuid:pk>/retry/", retry, name="hearthkey_logout_retry"), *super().get_urls()]

    @method_decorator(csrf_protect)
    def retry_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not (self.has_view_permission(request) and self.has_retry_permission(request)):
            raise PermissionDenied
        get_object_or_404(LogoutDelivery, pk=pk)
        self.try_again(request, LogoutDelivery.objects.filter(pk=pk))
        return redirect("admin:hearthkey_oidc_clients_logoutdelivery_change", pk)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        delivery = self.get_object(request, object_id)
        may_retry = delivery is not None and is_given_up(delivery) and self.has_retry_permission(request)
        extra = {**(extra_context or {}), "hearthkey_may_retry": may_retry}
        return super().change_view(request, object_id, form_url, extra)

    @admin.display(description=gettext_lazy("Outcome"))
    def outcome(self, delivery: LogoutDelivery) -> str:
        if delivery.delivered_at is not None:
            return _("Delivered")
        return _("Failed") if delivery.last_error else _("Waiting")

"""What operators may look at and nobody may change here: signing keys, and sign-outs on their way to clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..models import LogoutDelivery, SigningKey

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
    _Filter = admin.SimpleListFilter
else:
    _ModelAdmin = admin.ModelAdmin
    _Filter = admin.SimpleListFilter


class OverviewAdmin(_ModelAdmin):
    """A list and a page for each row, both to be read only."""

    actions = None

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

    @admin.display(description=gettext_lazy("Outcome"))
    def outcome(self, delivery: LogoutDelivery) -> str:
        if delivery.delivered_at is not None:
            return _("Delivered")
        return _("Failed") if delivery.last_error else _("Waiting")

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from ..models import ReservedIdentifier
from ..services import identifiers
from .people import actor_of
from .refusals import ServiceRefusalsMixin

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[ReservedIdentifier]
else:
    _ModelAdmin = admin.ModelAdmin


class ReservedIdentifierAdmin(ServiceRefusalsMixin, _ModelAdmin):
    """Names and addresses that are kept from others; deleting one releases it."""

    list_display = ("key", "kind", "reserved_at")
    list_filter = ("kind",)
    search_fields = ("key",)
    ordering = ("key",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: ReservedIdentifier | None = None) -> bool:
        return False

    def get_actions(self, request: HttpRequest) -> Any:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def delete_model(self, request: HttpRequest, obj: ReservedIdentifier) -> None:
        identifiers.release(identifier=obj, actor=actor_of(request))

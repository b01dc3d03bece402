"""The operators' page for what clients are told beyond the standard claims."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from .. import adapters
from ..exceptions import OidcClientsError
from ..forms.fields import GroupField
from ..models import CustomClaim
from ..protocol.custom_claims import name_refusal, value_refusal
from ..services.custom_claims import remove_custom_claim, save_custom_claim
from .member_choice import MemberSelect
from .refusals import RefusalsMixin, refusal_of

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[CustomClaim]
    _ModelForm = forms.ModelForm[CustomClaim]
else:
    _ModelAdmin = admin.ModelAdmin
    _ModelForm = forms.ModelForm


class CustomClaimForm(_ModelForm):
    """A claim of one member or of one group. ``actor`` and ``refusal`` are set by the page."""

    actor: Any = None
    refusal: OidcClientsError | None = None

    class Meta:
        model = CustomClaim
        fields = ("user", "group", "name", "value")
        widgets = {"value": forms.Textarea(attrs={"rows": 3, "cols": 60})}
        help_texts = {
            "user": gettext_lazy("For one member."),
            "group": gettext_lazy(
                "Or for everyone in a group. A member's own claim of the same name takes precedence."
            ),
            "name": gettext_lazy("The name the app expects, such as department or https://example.com/role."),
            "value": gettext_lazy(
                "Valid JSON is sent as JSON, such as 5, true or [1, 2]. Anything else is sent as text."
            ),
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.instance._state.adding:
            # Whose claim it is was decided when it was added.
            user, group = self.instance.user, self.instance.group
        else:
            user, group = data.get("user"), data.get("group")
        if (user is None) == (group is None) and not {"user", "group"} & self.errors.keys():
            self.add_error("user", gettext_lazy("Choose either a member or a group."))
        elif not adapters.get_may_set_claims()(self.actor, user=user, group=group):
            self.add_error(
                "user" if user is not None else "group", gettext_lazy("You don't have permission to do this.")
            )
        for field, refusal in (
            ("name", name_refusal(data.get("name", ""))),
            ("value", value_refusal(data.get("value", ""))),
        ):
            if refusal is not None and field not in self.errors:
                self.add_error(field, refusal)
        if self.refusal is not None:
            at = getattr(self.refusal, "field", None)
            self.add_error(at if at in self.fields else None, self.refusal.message)
        return data


class CustomClaimAdmin(RefusalsMixin, _ModelAdmin):
    """Claims by member and group."""

    form = CustomClaimForm
    list_display = ("name", "user", "group", "value")
    list_select_related = ("user", "group")
    search_fields = ("name",)
    autocomplete_fields = ("user",)
    actions = None

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """Search by the owner too, whatever the user model calls the username."""
        return (*self.search_fields, f"user__{get_user_model().USERNAME_FIELD}", "group__name")

    def get_form(
        self, request: HttpRequest, obj: CustomClaim | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        return type(
            "CustomClaimForm",
            (super().get_form(request, obj, change, **kwargs),),
            {"actor": request.user, "refusal": refusal_of(request)},
        )

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "group":
            kwargs["queryset"] = adapters.get_selectable_groups()()
            kwargs["form_class"] = GroupField
        elif db_field.name == "user":
            kwargs["widget"] = MemberSelect(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: CustomClaim | None = None) -> tuple[str, ...]:
        return ("user", "group") if obj is not None else ()

    def has_change_permission(self, request: HttpRequest, obj: CustomClaim | None = None) -> bool:
        return super().has_change_permission(request, obj) and self._is_theirs(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: CustomClaim | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self._is_theirs(request, obj)

    def _is_theirs(self, request: HttpRequest, obj: CustomClaim | None) -> bool:
        return obj is None or adapters.get_may_set_claims()(request.user, user=obj.user, group=obj.group)

    def save_model(self, request: HttpRequest, obj: CustomClaim, form: Any, change: bool) -> None:
        saved = save_custom_claim(
            claim=obj if change else None,
            user=obj.user,
            group=obj.group,
            name=obj.name,
            value=obj.value,
            actor=str(request.user.pk),
        )
        obj.pk = saved.pk

    def delete_model(self, request: HttpRequest, obj: CustomClaim) -> None:
        remove_custom_claim(claim=obj, actor=str(request.user.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[CustomClaim]) -> None:
        for claim in queryset:
            self.delete_model(request, claim)

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy, ngettext

from ..adapters import ask_panels_about
from ..exceptions import InvalidValue
from ..models import User
from ..services import groups, policy
from ..services.group_names import friendly_name, is_marked_role
from ..services.identifiers import clean_text
from .group_names import FriendlyNamesMixin
from .member_choice import MOST_SHOWN, members_field
from .people import actor_of, told_apart
from .permissions import NamedPermissionsMixin, offer_held
from .refusals import ServiceRefusalsMixin
from .seen import FIELD, SeenField, SeenMixin

if TYPE_CHECKING:
    _ModelForm = forms.ModelForm[Group]
    _ModelAdmin = admin.ModelAdmin[Group]
else:
    _ModelForm = forms.ModelForm
    _ModelAdmin = admin.ModelAdmin


class GroupForm(SeenMixin, _ModelForm):
    """A group's two names and its members."""

    friendly_name = forms.CharField(label=gettext_lazy("Name"), max_length=50, min_length=2)
    is_role = forms.BooleanField(
        label=gettext_lazy("Role"),
        required=False,
        help_text=gettext_lazy("A role grants administration permissions. Clients never see it."),
    )
    members: Any = members_field(gettext_lazy("Members"))
    added_members: Any = members_field(gettext_lazy("Add members"))
    removed_members: Any = members_field(gettext_lazy("Remove members"))

    seen = SeenField(required=False)

    class Meta:
        model = Group
        fields = ("name", "permissions")
        labels = {"name": gettext_lazy("Technical name")}
        help_texts = {
            "name": gettext_lazy("Sent to clients in the groups claim. Leave empty to derive it from the name.")
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._choose_member_fields()
        if "name" in self.fields:
            # Whoever may only look at the group has no such field.
            self.fields["name"].required = not self.instance._state.adding
        if not self.instance._state.adding:
            self.fields["friendly_name"].initial = friendly_name(self.instance)
            offer_held(self.fields.get("permissions"), self.instance.permissions.all())
            if "is_role" in self.fields:
                self.fields["is_role"].initial = is_marked_role(self.instance)
        self.remember()

    def _choose_member_fields(self) -> None:
        """Keep the field with all members, or for a large group the two fields that change some of them."""
        for name in ("added_members", "removed_members") if not has_many_members(self.instance) else ("members",):
            del self.fields[name]
        everybody, inside = User.objects.order_by("username"), Q(groups=self.instance.pk)
        offers = {"members": everybody, "added_members": everybody, "removed_members": everybody.filter(inside)}
        for name in offers.keys() & self.fields.keys():
            field: Any = self.fields[name]
            field.queryset = offers[name]
        if "members" in self.fields and not self.instance._state.adding:
            self.fields["members"].initial = list(self.instance.user_set.values_list("pk", flat=True))

    def clean_name(self) -> str:
        name = self.cleaned_data.get("name") or ""
        if Group.objects.filter(name=name).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(gettext_lazy("Another group already has this technical name."))
        return name

    def clean_friendly_name(self) -> str:
        try:
            return clean_text(self.cleaned_data["friendly_name"], field="friendly_name", longest=50)
        except InvalidValue as error:
            raise forms.ValidationError(str(error.message)) from error

    def validate_unique(self) -> None:
        """Left to :meth:`clean_name`."""


def has_many_members(group: Group) -> bool:
    """Return whether the group has too many members to show all of them on its page."""
    return not group._state.adding and group.user_set.count() > MOST_SHOWN


class GroupAdmin(FriendlyNamesMixin, ServiceRefusalsMixin, NamedPermissionsMixin, _ModelAdmin):
    """Groups and roles. Everything that changes goes through the services."""

    form = GroupForm
    list_display = ("friendly_name", "technical_name", "member_count", "is_role")
    search_fields = ("name", "details__friendly_name")
    ordering = ("details__friendly_name", "name")
    filter_horizontal = ("permissions",)
    readonly_fields = ("members_link",)
    change_form_template = "hearthkey/accounts/admin/group_change.html"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        group = self.get_object(request, object_id)
        panels = [] if group is None else ask_panels_about()(request, user=None, group=group)
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "hearthkey_panels": panels})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        return super().get_queryset(request).select_related("details").annotate(members_total=Count("user"))

    @admin.display(description=gettext_lazy("Members"), ordering="members_total")
    def member_count(self, group: Group) -> int:
        return int(getattr(group, "members_total", 0))

    @admin.display(description=gettext_lazy("Role"), boolean=True)
    def is_role(self, group: Group) -> bool:
        return is_marked_role(group)

    @admin.display(description=gettext_lazy("Members"))
    def members(self, group: Group) -> str:
        """Return who belongs to the group, for whoever may only look at it; of a large group the first ones."""
        found = [told_apart(member) for member in group.user_set.order_by("username")[: MOST_SHOWN + 1]]
        return ", ".join([*found[:MOST_SHOWN], *(["…"] if len(found) > MOST_SHOWN else [])]) or "-"

    @admin.display(description=gettext_lazy("Members"))
    def members_link(self, group: Group) -> str:
        """Return the number of members with the way to their list."""
        url = f"{reverse('admin:hearthkey_accounts_user_changelist')}?{urlencode({'groups__id__exact': group.pk})}"
        total = self.member_count(group)
        return format_html('<a href="{}">{}</a>', url, ngettext("%d member", "%d members", total) % total)

    def get_fieldsets(self, request: HttpRequest, obj: Group | None = None) -> Any:
        names: tuple[str, ...] = ("members",)
        if obj is not None and has_many_members(obj) and self.has_change_permission(request, obj):
            names = ("members_link", "added_members", "removed_members")
        sections: list[Any] = [(None, {"fields": ("friendly_name", "name", *names)})]
        if policy.may_grant(request.user):
            sections.append((gettext_lazy("Administration"), {"fields": ("is_role", "permissions")}))
        if obj is not None and self.has_change_permission(request, obj):
            sections.append((None, {"fields": (FIELD,)}))
        return sections

    def get_actions(self, request: HttpRequest) -> Any:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return super().has_change_permission(request, obj) and self._may_touch(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self._may_touch(request, obj)

    def _may_touch(self, request: HttpRequest, obj: Group | None) -> bool:
        return obj is None or policy.may_grant(request.user) or not policy.is_role(obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        return [str(obj) for obj in objs], {}, set(), []

    def save_model(self, request: HttpRequest, obj: Group, form: Any, change: bool) -> None:
        actor, values = actor_of(request), form.cleaned_data
        is_role = bool(values.get("is_role", False))
        if change:
            self._change(obj, form, actor)
            return
        created = groups.create_group(
            friendly_name=values["friendly_name"], name=values["name"], is_role=is_role, actor=actor
        )
        obj.pk = created.pk
        obj.name = created.name
        obj._state.adding = False

    def _change(self, obj: Group, form: Any, actor: User) -> None:
        """Change what this operator changed; the rest stays as it is now, whatever the form shows."""
        group, values = Group.objects.select_related("details").get(pk=obj.pk), form.cleaned_data
        now = {"friendly_name": friendly_name(group), "name": group.name, "is_role": is_marked_role(group)}
        after: dict[str, Any] = {name: values[name] if form.is_touched(name) else held for name, held in now.items()}
        if "permissions" in values:
            # Before the mark: what carries permissions is a role, so both go in one save.
            permissions = form.chosen("permissions", group.permissions.all())
            groups.set_group_permissions(group=group, permissions=permissions, actor=actor)
        groups.change_group(group=group, actor=actor, **after)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        actor, group = actor_of(request), Group.objects.get(pk=form.instance.pk)
        if "members" in form.cleaned_data:
            groups.set_members(group=group, members=form.chosen("members", group.user_set.all()), actor=actor)
        else:
            joining, leaving = form.cleaned_data["added_members"], form.cleaned_data["removed_members"]
            groups.move_members(group=group, joining=joining, leaving=leaving, actor=actor)
        if not change and "permissions" in form.cleaned_data:
            groups.set_group_permissions(group=group, permissions=form.cleaned_data["permissions"], actor=actor)

    def delete_model(self, request: HttpRequest, obj: Group) -> None:
        groups.delete_group(group=obj, actor=actor_of(request))

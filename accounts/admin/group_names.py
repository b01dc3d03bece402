"""Groups as people described them: by their name, where Django's own text is the technical one, and as a role or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..services.group_names import friendly_name, told_apart

if TYPE_CHECKING:
    _Field = forms.ModelMultipleChoiceField[Group]
else:
    _Field = forms.ModelMultipleChoiceField

_NAME = "_hearthkey_group_name"


class GroupsField(_Field):
    """Groups to tick, by both their names."""

    def label_from_instance(self, obj: Group) -> str:
        return told_apart(obj)


def no_groups_yet() -> str:
    """Return what stands where the groups would be, with the way to the first one."""
    text = _('No groups yet. <a href="{url}">Add a group</a> to control who can use a client.')
    return format_html(text, url=reverse("admin:auth_group_add"))


class NamedGroup:
    """A group for messages and headings: all of it as it is, but for its text."""

    def __init__(self, group: Group) -> None:
        self._group = group

    def __getattr__(self, name: str) -> Any:
        return getattr(self._group, name)

    def __str__(self) -> str:
        return friendly_name(self._group)


def _as_saved(group: Group) -> NamedGroup:
    """Return the group with the name that it has now; the form's own copy was read before the services changed it."""
    return NamedGroup(Group.objects.select_related("details").get(pk=group.pk))


class FriendlyNamesMixin:
    """For the groups' ModelAdmin: columns, headings and messages with the friendly name."""

    @admin.display(description=gettext_lazy("Name"), ordering="details__friendly_name")
    def friendly_name(self, group: Group) -> str:
        return friendly_name(group)

    @admin.display(description=gettext_lazy("Technical name"), ordering="name")
    def technical_name(self, group: Group) -> str:
        return group.name

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        group = kwargs.get("obj")
        if group is not None:
            named = NamedGroup(group)
            context = {**context, "original": named, "subtitle": str(named)}
        return super().render_change_form(request, context, *args, **kwargs)  # type: ignore[misc]

    def render_delete_form(self, request: HttpRequest, context: dict[str, Any]) -> Any:
        return super().render_delete_form(request, {**context, "object": NamedGroup(context["object"])})  # type: ignore[misc]

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return super().log_addition(request, _as_saved(obj), message)  # type: ignore[misc]

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        return super().log_change(request, _as_saved(obj), message)  # type: ignore[misc]

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        return super().log_deletions(request, [NamedGroup(group) for group in queryset])  # type: ignore[misc]

    def response_add(self, request: HttpRequest, obj: Any, *args: Any, **kwargs: Any) -> Any:
        return super().response_add(request, _as_saved(obj), *args, **kwargs)  # type: ignore[misc]

    def response_change(self, request: HttpRequest, obj: Any) -> Any:
        return super().response_change(request, _as_saved(obj))  # type: ignore[misc]

    def delete_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> Any:
        group = self.get_object(request, object_id)  # type: ignore[attr-defined]
        if group is not None:
            # Asked now: the name goes with the group.
            setattr(request, _NAME, friendly_name(group))
        return super().delete_view(request, object_id, *args, **kwargs)  # type: ignore[misc]

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: int) -> Any:
        return super().response_delete(request, getattr(request, _NAME, obj_display), obj_id)  # type: ignore[misc]

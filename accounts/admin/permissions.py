from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.models import Permission
from django.utils.text import capfirst

if TYPE_CHECKING:
    _Field = forms.ModelMultipleChoiceField[Permission]
else:
    _Field = forms.ModelMultipleChoiceField


class PermissionsField(_Field):
    """Permissions by what they are about, such as *OIDC clients | Can change OIDC client*, without app labels."""

    def label_from_instance(self, obj: Any) -> str:
        model = obj.content_type.model_class()
        about = model._meta.verbose_name_plural if model is not None else obj.content_type.name
        return f"{capfirst(str(about))} | {obj.name}"


def named_permissions(db_field: Any, options: dict[str, Any]) -> dict[str, Any]:
    """Return the options of an admin's many-to-many field, with readable names where it holds permissions."""
    if db_field.remote_field.model is not Permission:
        return options
    # With their content types: the field asks each permission what it is about.
    return {
        "queryset": Permission.objects.select_related("content_type"),
        **options,
        "form_class": PermissionsField,
    }

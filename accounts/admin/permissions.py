from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin import AdminSite
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.http import HttpRequest
from django.utils.text import capfirst

if TYPE_CHECKING:
    _Field = forms.ModelMultipleChoiceField[Permission]
else:
    _Field = forms.ModelMultipleChoiceField

_DJANGOS_OWN = ("add_", "change_", "delete_", "view_")


class PermissionsField(_Field):
    """Permissions by what they are about, such as *OIDC clients | Can change OIDC client*, without app labels."""

    def label_from_instance(self, obj: Any) -> str:
        model = obj.content_type.model_class()
        about = model._meta.verbose_name_plural if model is not None else obj.content_type.name
        return f"{capfirst(str(about))} | {obj.name}"


class NamedPermissionsMixin:
    """For a ModelAdmin with a field of permissions: with readable names, and those alone that open something."""

    admin_site: AdminSite

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        make: Any = super().formfield_for_manytomany  # type: ignore[misc]
        if db_field.remote_field.model is not Permission:
            return make(db_field, request, **kwargs)
        # With their content types: the field asks each permission what it is about.
        offered = Permission.objects.filter(self._opens_something()).select_related("content_type")
        options = {"queryset": offered, **kwargs, "form_class": PermissionsField}
        field = make(db_field, request, **options)
        # Django's hint is about holding down keys, which this widget does not need.
        field.help_text = ""
        return field

    def _opens_something(self) -> Q:
        """Of Django's four for every model, only those of models that have a page; and all that a site made itself."""
        pages = ContentType.objects.get_for_models(*self.admin_site._registry, for_concrete_models=False).values()
        of_a_page = Q(content_type__in=[page.pk for page in pages])
        djangos_own = Q()
        for prefix in _DJANGOS_OWN:
            djangos_own |= Q(codename__startswith=prefix)
        return of_a_page | ~djangos_own


def offer_held(field: Any, held: Any) -> None:
    """Offer also what is held already: a permission without a page must not be lost by saving."""
    if field is not None:
        field.queryset = (field.queryset | held.select_related("content_type")).distinct()

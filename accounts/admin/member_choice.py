"""A field for several members that is searched, because listing every member doesn't work for many of them."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.core.exceptions import ValidationError

from ..models import Session, User
from .people import MembersField

#: A group with more members shows fields to add and remove some instead of a field with all of them.
MOST_SHOWN: Final = 100


class MembersSelect(AutocompleteSelectMultiple):
    """Members to search for. A value that can't be a member's key selects nothing.

    Django's search needs some model field that points to members; which one makes no difference to the result.
    """

    def __init__(self) -> None:
        super().__init__(Session._meta.get_field("user"), admin.site)

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        return super().optgroups(name, [item for item in value if not item or _is_key(item)], attr)


def _is_key(value: Any) -> bool:
    try:
        User._meta.pk.to_python(value)
    except ValidationError:
        return False
    return True


def members_field(label: Any, help_text: Any = "") -> forms.Field:
    return MembersField(queryset=None, required=False, label=label, help_text=help_text, widget=MembersSelect)

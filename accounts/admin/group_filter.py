"""The filter of the members' list by group, which offers a bounded number of groups."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import admin
from django.contrib.auth.models import Group

#: The members of a group beyond these are on the page of the group.
MOST_CHOICES: Final = 50


class GroupFilter(admin.RelatedFieldListFilter):
    """The first groups by name, and the one that is chosen."""

    def field_choices(self, field: Any, request: Any, model_admin: Any) -> Any:
        groups = Group.objects.order_by("name")
        shown = list(groups[:MOST_CHOICES])
        chosen = {text for text in self.lookup_val or () if text.isascii() and text.isdigit() and len(text) < 10}
        missing = chosen - {str(group.pk) for group in shown}
        if missing:
            shown += groups.filter(pk__in=missing)
        return [(group.pk, str(group)) for group in shown]

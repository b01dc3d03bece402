"""A searchable select that ignores values that can't be a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError

if TYPE_CHECKING:
    from django.db.models import Field


class MemberSelect(AutocompleteSelect):
    """A select whose options are searched for instead of listed.

    Django's widget passes the value to the database unchecked to find its label. For a value of another type, from the
    address or the form, that fails while the page is rendered. Here such a value selects nothing.
    """

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        key = self.field.remote_field.model._meta.get_field(self._key_name())
        return super().optgroups(name, [item for item in value if not item or _fits(key, item)], attr)

    def _key_name(self) -> str:
        name: str = getattr(self.field.remote_field, "field_name", self.field.remote_field.model._meta.pk.name)
        return name


def _fits(field: Field[Any, Any], value: Any) -> bool:
    try:
        field.run_validators(field.to_python(value))
    except (ValidationError, ValueError):
        return False
    return "\x00" not in str(value)

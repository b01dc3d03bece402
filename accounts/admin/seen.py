"""What an operator saw when a form was opened, so that only what they changed themselves is saved.

Without it a form that was open for a while would write back everything it holds: people whom somebody else took out of
a group meanwhile would be in it again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from django import forms

FIELD: Final = "seen"


class SeenMixin:
    """For a form with the field :data:`FIELD`, which the browser sends back as it was."""

    instance: Any
    fields: Any
    initial: Any
    cleaned_data: Any
    changed_data: Any

    def remember(self) -> None:
        """Write what the form shows into its hidden field. Called at the end of ``__init__``."""
        if FIELD not in self.fields:
            return
        if self.instance._state.adding:
            del self.fields[FIELD]
            return
        shown = {
            name: plain(self.initial.get(name, field.initial)) for name, field in self.fields.items() if name != FIELD
        }
        self.initial[FIELD] = json.dumps(shown)

    def shown_before(self) -> dict[str, Any]:
        """Return what the fields held when the form was opened, nothing where the browser did not say."""
        try:
            found = json.loads(self.cleaned_data.get(FIELD) or "{}")
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def is_touched(self, name: str) -> bool:
        """Return whether the operator changed this field."""
        before = self.shown_before()
        if name not in self.cleaned_data:
            return False
        if name not in before:
            return name in self.changed_data
        return bool(before[name] != plain(self.cleaned_data.get(name)))

    def chosen(self, name: str, now: Iterable[Any]) -> list[Any]:
        """Return the rows that a field of many shall hold: those of now, with what the operator added and removed."""
        picked = {str(row.pk): row for row in self.cleaned_data.get(name) or ()}
        before = self.shown_before().get(name)
        if not isinstance(before, list):
            return list(picked.values())
        current = {str(row.pk): row for row in now}
        removed = {str(key) for key in before} - picked.keys()
        added = picked.keys() - {str(key) for key in before}
        return [row for key, row in current.items() if key not in removed] + [
            picked[key] for key in added if key not in current
        ]


class SeenField(forms.CharField):
    """What the browser sends back is no change of the operator's."""

    widget = forms.HiddenInput

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


def plain(value: Any) -> Any:
    """Return a field's value as JSON has it: rows as the sorted keys of them."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return value
    return sorted(str(getattr(row, "pk", row)) for row in value)

"""Form fields beyond Django's own."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.models import Group
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ..adapters import get_group_label
from ..exceptions import ClientRefused, InvalidRedirectUri
from ..models import MAX_CALLBACK_URLS
from ..protocol.client_keys import PRIVATE_MEMBERS, parse_key_set
from ..protocol.redirect_uri import validate_callback_url

if TYPE_CHECKING:
    _Group = forms.ModelChoiceField[Group]
    _Groups = forms.ModelMultipleChoiceField[Group]
else:
    _Group = forms.ModelChoiceField
    _Groups = forms.ModelMultipleChoiceField


class UrlLinesField(forms.Field):
    """URLs, one per line in the form and a list in Python. Errors name the number of the line."""

    widget = forms.Textarea(attrs={"rows": 4, "cols": 80, "spellcheck": "false", "autocapitalize": "none"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> list[str]:
        if isinstance(value, list):
            return value
        # Only the line breaks of a text area separate URLs. Other white space stays in its line and is rejected there.
        lines = str(value or "").replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return [line.strip(" \t") for line in lines]

    def validate(self, value: list[str]) -> None:
        super().validate([line for line in value if line])

    def clean(self, value: Any) -> list[str]:
        lines: list[str] = super().clean(value)
        urls = [line for line in lines if line]
        if len(urls) > MAX_CALLBACK_URLS:
            raise forms.ValidationError(_("At most %(most)d lines."), params={"most": MAX_CALLBACK_URLS})
        refusals = [refusal for number, line in enumerate(lines, 1) if line and (refusal := _refusal(number, line))]
        if refusals:
            raise forms.ValidationError(refusals)
        return list(dict.fromkeys(urls))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return [line for line in self.to_python(data) if line] != list(initial or [])


def _refusal(number: int, line: str) -> forms.ValidationError | None:
    try:
        validate_callback_url(line)
    except InvalidRedirectUri as error:
        return forms.ValidationError(
            _("Line %(number)d: %(reason)s"), params={"number": number, "reason": error.message}, code=error.code
        )
    return None


# Searched in the text itself, which may be too damaged to parse as JSON.
_PRIVATE = re.compile(rf"""PRIVATE KEY|["'](?:{"|".join(sorted(PRIVATE_MEMBERS))})["']\s*:""")


class KeySetField(forms.CharField):
    """A JWK set: JSON text in the form, the parsed set in Python, None if empty."""

    widget = forms.Textarea(attrs={"rows": 6, "cols": 80, "spellcheck": "false", "autocapitalize": "none"})

    def bound_data(self, data: Any, initial: Any) -> Any:
        # A page that shows the form again never contains a private key that was pasted by mistake.
        return "" if _PRIVATE.search(str(data or "")) else data

    def prepare_value(self, value: Any) -> Any:
        return json.dumps(value, indent=2) if isinstance(value, dict | list) else value

    def clean(self, value: Any) -> Any:
        text: str = super().clean(value)
        if not text:
            return None
        try:
            return parse_key_set(text)
        except ClientRefused as error:
            raise forms.ValidationError(error.message, code=error.code) from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.clean(data) != initial)
        except forms.ValidationError:
            return True


# Names of timedelta's arguments. Seconds are needed only for lifetimes that were set elsewhere.
UNITS = ("seconds", "minutes", "hours", "days")
_LONGEST = 365 * 24 * 60 * 60


class LifetimeWidget(forms.MultiWidget):
    """A number and the largest unit that needs no fraction. ``usual`` is the unit offered when there is no number."""

    def __init__(self, widgets: Sequence[forms.Widget], *, usual: str) -> None:
        super().__init__(widgets)
        self.usual = usual

    def decompress(self, value: Any) -> list[Any]:
        # An initial value from the address is text.
        if not isinstance(value, timedelta):
            return [None, self.usual]
        unit = next(unit for unit in reversed(UNITS) if not value % timedelta(**{unit: 1}))
        return [value // timedelta(**{unit: 1}), unit]


class LifetimeField(forms.MultiValueField):
    """A lifetime; None if no number is entered. The services decide which lifetimes are allowed."""

    def __init__(self, *, label: Any, usual: str) -> None:
        names = (gettext_lazy("seconds"), gettext_lazy("minutes"), gettext_lazy("hours"), gettext_lazy("days"))
        choices = list(zip(UNITS, names, strict=True))
        number = forms.IntegerField(required=False, min_value=1, max_value=_LONGEST)
        unit = forms.ChoiceField(required=False, choices=choices)
        number.widget.attrs.update({"aria-label": label, "min": 1})
        unit.widget.attrs["aria-label"] = gettext_lazy("Unit")
        super().__init__(
            (number, unit),
            label=label,
            required=False,
            require_all_fields=False,
            widget=LifetimeWidget((number.widget, unit.widget), usual=usual),
        )

    def compress(self, data_list: Sequence[Any]) -> timedelta | None:
        number, unit = data_list or (None, "")
        if number is None:
            return None
        return timedelta(**{unit or "minutes": number})


class GroupField(_Group):
    """One group, labelled with the site's name for it."""

    def label_from_instance(self, obj: Group) -> str:
        return get_group_label()(obj)


class GroupsField(_Groups):
    """Groups, labelled with the site's names for them."""

    def label_from_instance(self, obj: Group) -> str:
        return get_group_label()(obj)


def in_words(lifetime: timedelta) -> str:
    """Return a lifetime in the largest unit that needs no fraction."""
    days, hours, minutes = (lifetime // timedelta(**{unit: 1}) for unit in ("days", "hours", "minutes"))
    if days and lifetime == timedelta(days=days):
        return ngettext("%(total)d day", "%(total)d days", days) % {"total": days}
    if hours and lifetime == timedelta(hours=hours):
        return ngettext("%(total)d hour", "%(total)d hours", hours) % {"total": hours}
    return ngettext("%(total)d minute", "%(total)d minutes", minutes) % {"total": minutes}

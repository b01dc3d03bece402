"""The form of the application configuration, made from the registry.

The page carries what it showed, so that only what its reader changed is saved, and what somebody else changed in the
meantime is noticed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.group_names import no_groups_yet
from accounts.services.claims import selectable_groups
from oidc_clients.exceptions import LogoRefused
from oidc_clients.services.logos import MAX_BYTES, Logo, rewrite_logo

from . import values
from .kinds import Choice, Groups, Number, Picture, Secret, Switch
from .registry import SETTINGS
from .saving import Wanted, current_of
from .setting import Setting

SHOWN: Final = "shown"
_TYPED_AGAIN: Final = gettext_lazy("This was not saved and can't be kept on the page. Please give it once more.")

_FOR_ANOTHER_SERVER: Final = gettext_lazy(
    "The stored password is not sent to another server. Please give the one of this server, or remove the stored one."
)


class ConfigurationForm(forms.Form):
    """Every key that the environment leaves open. What the page showed is a field of its own, in JSON."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = values.stored()
        self.held = {key: current_of(entry, self.rows) for key, entry in SETTINGS.items() if not entry.kind.is_secret}
        for entry in SETTINGS.values():
            self.fields[entry.field] = field_of(entry)
            self.initial.setdefault(entry.field, self._initial(entry))
            if entry.key in values.environment():
                self.fields[entry.field].disabled = True
            elif is_cleared_by_a_tick(entry):
                label = _("Remove it") if self.has_value(entry) else ""
                self.fields[clear_field(entry)] = forms.BooleanField(required=False, label=label)

    @property
    def shown(self) -> dict[str, Any]:
        """What the page showed when its reader began, or what it shows now."""
        found = _read_json(self.data.get(SHOWN)) if self.is_bound else None
        return self.held if found is None else found

    @property
    def shown_text(self) -> str:
        return json.dumps(self.shown)

    def has_value(self, entry: Setting) -> bool:
        """Return whether something is stored under a key that is not shown itself."""
        return bool(self.rows.get(entry.key))

    def clean(self) -> dict[str, Any]:
        if _read_json(self.data.get(SHOWN)) is None:
            raise forms.ValidationError(_("This page is not as it was sent. Load it again."))
        for entry in SETTINGS.values():
            if entry.field in self.cleaned_data:
                try:
                    self.cleaned_data[entry.field] = self._wanted(entry, self.cleaned_data[entry.field])
                except LogoRefused as refusal:
                    self.add_error(entry.field, str(refusal))
                except ValueError:
                    self.add_error(entry.field, str(entry.kind.message))
        self._keep_the_password_from_another_server()
        if self.errors:
            self._ask_again_for_what_is_not_shown()
        return self.cleaned_data

    def wanted(self) -> dict[str, Wanted]:
        """Return what the reader changed."""
        found = {entry.key: self.cleaned_data[entry.field] for entry in SETTINGS.values()}
        return {key: one for key, one in found.items() if one is not None}

    def refuse_overtaken(self, current: Mapping[str, Any]) -> None:
        """Say at each field what somebody else made of it; sent once more, the form replaces that."""
        data = QueryDict(mutable=True)
        data.update(self.data)
        data[SHOWN] = json.dumps({**self.shown, **current})
        self.data = data
        for key, held in current.items():
            entry = SETTINGS[key]
            text = _("Somebody else changed this to “%s” in the meantime. Save again to replace that.")
            self.add_error(entry.field, text % _as_text(entry, held))
        self._ask_again_for_what_is_not_shown()

    def _wanted(self, entry: Setting, given: Any) -> Wanted | None:
        """Return what a field asks for, or None where it asks for nothing.

        :raises ValueError: the value can't be used.
        """
        if entry.key in values.environment():
            return None
        if isinstance(entry.kind, Picture):
            return self._wanted_picture(entry, given)
        if isinstance(entry.kind, Secret):
            return self._wanted_secret(entry, given)
        if isinstance(entry.kind, Groups):
            new: Any = self._wanted_groups(entry, {group.pk for group in given})
        elif isinstance(entry.kind, Switch):
            new = bool(given)
        else:
            new = entry.kind.dump(entry.kind.read(given))
        shown = self.shown.get(entry.key)
        return None if new == shown else Wanted(new=new, shown=shown)

    def _keep_the_password_from_another_server(self) -> None:
        """Ask for the stored password where another server would get it: nobody reads it here, so nobody has it sent."""
        host, password = SETTINGS["mail.host"], SETTINGS["mail.password"]
        new = self.cleaned_data.get(host.field)
        is_kept = self.has_value(password) and self.cleaned_data.get(password.field) is None
        if new is not None and new.new and is_kept and password.field not in self.errors:
            self.add_error(password.field, str(_FOR_ANOTHER_SERVER))

    def _wanted_groups(self, entry: Setting, chosen: set[int]) -> list[int]:
        """Return the groups chosen, and those that could not be unticked, for they are gone or roles by now."""
        shown = {key for key in self.shown.get(entry.key) or () if isinstance(key, int)}
        hidden = shown - set(selectable_groups().filter(pk__in=shown).values_list("pk", flat=True))
        return sorted(chosen | hidden)

    def _wanted_secret(self, entry: Setting, given: str) -> Wanted | None:
        if given:
            return Wanted(new=entry.kind.read(given))
        return Wanted(new="") if self.cleaned_data.get(clear_field(entry)) else None

    def _wanted_picture(self, entry: Setting, upload: Any) -> Wanted | None:
        shown = self.shown.get(entry.key)
        if upload:
            logo: Logo = rewrite_logo(upload=upload.read(MAX_BYTES + 1))
            return None if logo.etag == shown else Wanted(new=logo.etag, shown=shown, logo=logo)
        is_cleared = self.cleaned_data.get(clear_field(entry)) and shown
        return Wanted(new="", shown=shown) if is_cleared else None

    def _initial(self, entry: Setting) -> Any:
        if entry.kind.is_secret or isinstance(entry.kind, Picture):
            return None
        found = values.value(entry.key) if entry.key in values.environment() else _loaded(entry, self.held[entry.key])
        return found if isinstance(entry.kind, Switch | Groups | Choice) else entry.kind.write(found)

    def _ask_again_for_what_is_not_shown(self) -> None:
        for entry in SETTINGS.values():
            if not is_cleared_by_a_tick(entry) or entry.field in self.errors:
                continue
            if self.data.get(entry.field) or self.files.get(entry.field):
                self.add_error(entry.field, str(_TYPED_AGAIN))


def is_cleared_by_a_tick(entry: Setting) -> bool:
    """Return whether a field is always empty, so that emptying it means nothing."""
    return isinstance(entry.kind, Secret | Picture)


def clear_field(entry: Setting) -> str:
    return f"{entry.field}_clear"


def field_of(entry: Setting) -> forms.Field:
    """Return the form's field for a key; what it takes is read by the key's kind."""
    common: dict[str, Any] = {"required": False, "label": entry.label, "help_text": entry.help}
    kind = entry.kind
    if isinstance(kind, Switch):
        return forms.BooleanField(**common)
    if isinstance(kind, Choice):
        return forms.ChoiceField(choices=[(name, label) for name, label in kind.labels.items()], **common)
    if isinstance(kind, Groups):
        groups = selectable_groups()
        field = forms.ModelMultipleChoiceField(queryset=groups, widget=forms.CheckboxSelectMultiple(), **common)
        if not groups.exists():
            field.help_text = no_groups_yet()
        field.error_messages["invalid_choice"] = _("One of these groups is gone, or newcomers can't be put into it.")
        return field
    if isinstance(kind, Picture):
        return forms.FileField(widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp"}), **common)
    if isinstance(kind, Secret):
        widget = forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=False)
        return forms.CharField(widget=widget, strip=False, **common)
    attributes = {"autocomplete": "off", "class": "vTextField", "spellcheck": "false"}
    if isinstance(kind, Number):
        attributes |= {"inputmode": "numeric", "class": "vIntegerField"}
    return forms.CharField(widget=forms.TextInput(attrs=attributes), strip=False, **common)


def _loaded(entry: Setting, stored: Any) -> Any:
    try:
        return entry.kind.load(stored)
    except (ValueError, TypeError):
        return entry.default


def _as_text(entry: Setting, held: Any) -> str:
    if isinstance(entry.kind, Switch):
        return _("on") if held else _("off")
    if isinstance(entry.kind, Picture):
        return _("another image") if held else _("none")
    found = _loaded(entry, held)
    if isinstance(entry.kind, Choice):
        return str(entry.kind.labels[found])
    if isinstance(entry.kind, Groups):
        names = selectable_groups().filter(pk__in=found).values_list("name", flat=True)
        return ", ".join(names) or _("none")
    return entry.kind.write(found) or _("nothing")


def _read_json(text: Any) -> dict[str, Any] | None:
    try:
        found = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None

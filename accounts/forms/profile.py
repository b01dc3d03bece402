"""What members enter about themselves."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from .. import conf
from ..models import User


def language_choices(held: str) -> list[tuple[str, Any]]:
    """Return the languages to choose from; ``held`` is among them, whoever entered it, until another one is chosen."""
    languages = [("", _("No preference")), *settings.LANGUAGES]
    return languages if not held or held in dict(languages) else [*languages, (held, held)]


class ProfileForm(forms.Form):
    """One's own details, as far as one may change them; :mod:`.services.profile` has the rules.

    What the page showed goes with the form: what an operator changed meanwhile is not put back by who left it alone.
    """

    first_name = forms.CharField(
        label=_("First name"), max_length=50, required=False, widget=forms.TextInput({"autocomplete": "given-name"})
    )
    last_name = forms.CharField(
        label=_("Last name"), max_length=50, required=False, widget=forms.TextInput({"autocomplete": "family-name"})
    )
    display_name = forms.CharField(
        label=_("Display name"),
        max_length=100,
        required=False,
        widget=forms.TextInput({"autocomplete": "nickname"}),
        help_text=_("The name shown to other people. Leave empty to use your first and last name."),
    )
    username = forms.CharField(
        label=_("Username"),
        max_length=50,
        widget=forms.TextInput({"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
        help_text=_("Some apps identify you by your username. If you change it, they may treat you as a new user."),
    )
    email = forms.EmailField(
        label=_("Email address"), max_length=254, required=False, widget=forms.EmailInput({"autocomplete": "email"})
    )
    locale = forms.ChoiceField(
        label=_("Language"), required=False, help_text=_("Apps you sign in to may use this language.")
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        names = ("first_name", "last_name", "display_name", "username", "email", "locale")
        kwargs.setdefault("initial", {name: getattr(user, name) for name in names})
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.fields["email"].required = conf.email_required()
        if not conf.user_name_editing():
            del self.fields["username"]
        self.fields["locale"].choices = language_choices(user.locale)  # type: ignore[attr-defined]
        for name, field in self.fields.items():
            field.show_hidden_initial = True
            if field.help_text:
                field.widget.attrs["aria-describedby"] = f"id_{name}_help"
        self._held = {name: getattr(user, name) for name in names}

    def wanted(self) -> dict[str, str]:
        """Return what differs from what the page showed, and from what is held."""
        entered = {name: self.cleaned_data[name] for name in self.changed_data}
        return {name: value for name, value in entered.items() if value != self._held[name]}


class PictureForm(forms.Form):
    """A picture to upload; what is in it is looked at later."""

    picture = forms.FileField(
        label=_("New picture"),
        widget=forms.FileInput({"accept": "image/jpeg,image/png,image/gif,image/webp"}),
        error_messages={"required": _("Choose a picture first."), "empty": _("This file is empty.")},
    )

"""What newcomers enter."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class SignUpForm(forms.Form):
    """What a newcomer says of themselves."""

    username = forms.CharField(
        label=_("Username"),
        max_length=50,
        help_text=_("Apps identify you by this name. Letters, digits and . _ @ -"),
        widget=forms.TextInput({"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    first_name = forms.CharField(
        label=_("First name"), max_length=50, required=False, widget=forms.TextInput({"autocomplete": "given-name"})
    )
    last_name = forms.CharField(
        label=_("Last name"), max_length=50, required=False, widget=forms.TextInput({"autocomplete": "family-name"})
    )
    email = forms.EmailField(
        label=_("Email address"), max_length=254, required=False, widget=forms.EmailInput({"autocomplete": "email"})
    )

    def __init__(self, *args: Any, email_required: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self.fields["email"].required = email_required
        for name, field in self.fields.items():
            if not field.required:
                field.label = _("%(label)s (optional)") % {"label": self.base_fields[name].label}

"""Shapes of what people enter; the services decide."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class SetupForm(forms.Form):
    """Step 1 of the wizard."""

    username = forms.CharField(
        label=_("Username"),
        max_length=50,
        widget=forms.TextInput({"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )
    email = forms.EmailField(
        label=_("Email"), max_length=254, required=False, widget=forms.EmailInput({"autocomplete": "email"})
    )
    first_name = forms.CharField(
        label=_("First name"), max_length=50, required=False, widget=forms.TextInput({"autocomplete": "given-name"})
    )
    last_name = forms.CharField(
        label=_("Last name"), max_length=50, required=False, widget=forms.TextInput({"autocomplete": "family-name"})
    )
    email_verified = forms.BooleanField(
        label=_("This address is mine, apps may trust it"), required=False, initial=True
    )
    token = forms.CharField(required=False, max_length=300, widget=forms.HiddenInput)


class CodeRequestForm(forms.Form):
    """Where a sign-in code is to be mailed. Whose address it is, nobody asks here."""

    email = forms.EmailField(
        label=_("Your e-mail address"), max_length=254, widget=forms.EmailInput({"autocomplete": "email"})
    )


class CodeForm(forms.Form):
    """How long a code that an operator makes works."""

    lifetime = forms.ChoiceField(
        label=_("Works for"),
        choices=(
            ("15m", _("15 minutes")),
            ("1h", _("1 hour")),
            ("12h", _("12 hours")),
            ("1d", _("1 day")),
            ("7d", _("7 days")),
        ),
        required=False,
        initial="1h",
    )

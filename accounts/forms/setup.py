"""The first-run wizard."""

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
        label=_("Email address"), max_length=254, required=False, widget=forms.EmailInput({"autocomplete": "email"})
    )
    first_name = forms.CharField(
        label=_("First name"), max_length=50, required=False, widget=forms.TextInput({"autocomplete": "given-name"})
    )
    last_name = forms.CharField(
        label=_("Last name"), max_length=50, required=False, widget=forms.TextInput({"autocomplete": "family-name"})
    )
    email_verified = forms.BooleanField(
        label=_("I own this email address (shared with apps as verified)"), required=False, initial=True
    )
    token = forms.CharField(required=False, max_length=300, widget=forms.HiddenInput)

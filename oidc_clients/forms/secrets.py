"""Form to add a secret."""

from __future__ import annotations

from django import forms
from django.contrib.admin.widgets import AdminSplitDateTime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..services.client_secrets import SUPPLIED


class NewSecretForm(forms.Form):
    """Add a secret to a client."""

    supplied = forms.CharField(
        label=gettext_lazy("Secret"),
        required=False,
        strip=False,
        max_length=512,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "data-1p-ignore": "", "data-lpignore": "true"}),
        help_text=gettext_lazy("Leave empty to generate one."),
    )
    expires_at = forms.SplitDateTimeField(
        label=gettext_lazy("Expires"),
        required=False,
        widget=AdminSplitDateTime,
        help_text=gettext_lazy("Leave empty for no expiry."),
    )

    def clean_supplied(self) -> str:
        return supplied_secret(self.cleaned_data["supplied"])


def supplied_secret(value: str) -> str:
    if value and not SUPPLIED.fullmatch(value):
        raise forms.ValidationError(_("Use at least 16 letters, digits and punctuation characters."))
    return value

"""Shape of what people type."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from .services.names import MAX_LENGTH


class RenameForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=MAX_LENGTH)

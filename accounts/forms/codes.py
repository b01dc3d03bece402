"""What people enter about one-time codes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class CodeRequestForm(forms.Form):
    """Where a sign-in code is to be mailed. Whose address it is, nobody asks here."""

    email = forms.EmailField(
        label=_("Your email address"), max_length=254, widget=forms.EmailInput({"autocomplete": "email"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})


class CodeForm(forms.Form):
    """How long a code that an operator makes works."""

    lifetime = forms.ChoiceField(
        label=_("Expires after"),
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

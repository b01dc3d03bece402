"""The filters of the operators' list. Values are checked here, so that none that reaches the database can upset it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from . import events
from .services.listing import Criteria

_DATES = (MinValueValidator(date(1970, 1, 2)), MaxValueValidator(date(9000, 1, 1)))


def _kinds() -> list[tuple[str, Any]]:
    titles = [(key, str(kind.title)) for key, kind in events.by_key().items()]
    return [("", _("All events")), *sorted(titles, key=lambda choice: choice[1].casefold())]


class EventFilterForm(forms.Form):
    q = forms.CharField(label=_("Search"), required=False, max_length=100)
    event = forms.ChoiceField(label=_("Event"), required=False, choices=_kinds)
    member = forms.CharField(label=_("Member"), required=False, max_length=150)
    actor = forms.CharField(label=_("Done by"), required=False, max_length=150)
    client = forms.CharField(label=_("Client ID"), required=False, max_length=128)
    country = forms.CharField(
        label=_("Country"),
        required=False,
        max_length=2,
        validators=[RegexValidator(r"\A[A-Za-z]{2}\Z", _("Two letters, such as DE."))],
    )
    network = forms.ChoiceField(
        label=_("Address"),
        required=False,
        choices=(("", _("Any address")), ("internal", _("Own network")), ("external", _("From outside"))),
    )
    since = forms.DateField(
        label=_("From"),
        required=False,
        validators=_DATES,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    until = forms.DateField(
        label=_("To"),
        required=False,
        validators=_DATES,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def criteria(self) -> Criteria:
        """Return what to look for; the day of *To* is part of it."""
        chosen = self.cleaned_data
        kind = events.by_key().get(chosen["event"])
        return Criteria(
            name=kind.name if kind else "",
            data=kind.when if kind else {},
            subject_id=_person_id(chosen["member"]),
            actor_id=_person_id(chosen["actor"]),
            client_id=chosen["client"],
            country=chosen["country"].upper(),
            is_internal={"internal": True, "external": False}.get(chosen["network"]),
            since=_midnight(chosen["since"]) if chosen["since"] else None,
            until=_midnight(chosen["until"] + timedelta(days=1)) if chosen["until"] else None,
            text=chosen["q"],
        )


def _person_id(text: str) -> str:
    """Return the primary key of the member with this user name; any other text is taken for a key itself."""
    if not text:
        return ""
    model = get_user_model()
    key = model._default_manager.filter(**{model.USERNAME_FIELD: text}).values_list("pk", flat=True).first()
    return text if key is None else str(key)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))

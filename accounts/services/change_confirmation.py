"""Changes that want a passkey used for them alone: what was demanded, and the one assertion that counts for it."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F, Q
from django.utils import timezone

from ..models import Session


def demand_assertion(*, sid: str, change: str) -> None:
    """Note that this session's next assertion is to be one for ``change``, a digest of at most 64 characters.

    A demand that nobody answered is forgotten for the new one: a browser confirms one form at a time.
    """
    Session.objects.filter(pk=sid).update(demand=change, demand_follows=F("asserted_at"))


def spend_assertion(*, sid: str, change: str, max_age: timedelta) -> bool:
    """Return whether an assertion was made since ``change`` was demanded, at most ``max_age`` ago. It counts once.

    The statement itself decides: of two requests that come with the same change, one is let through. That it is
    another assertion than the one before, rather than a later one, lets replicas disagree about the time.
    """
    answered = Session.objects.filter(
        Q(demand_follows=None) | ~Q(asserted_at=F("demand_follows")),
        pk=sid,
        demand=change,
        asserted_at__gt=timezone.now() - max_age,
    )
    return bool(change and answered.update(demand="", demand_follows=None))

"""The jobs that recur. Each has one row, whichever process wrote it first, so no two workers run it at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from .models import Job

_PREFIX = "recurring:"


@dataclass(frozen=True, slots=True)
class Recurring:
    """A task without arguments, by its dotted path, and the time between two runs."""

    name: str
    task: str
    period: timedelta


_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_QUARTER = timedelta(minutes=15)

SCHEDULE = (
    Recurring("remove-expired-sessions", "accounts.tasks.remove_expired", _HOUR),
    Recurring("remove-expired-ceremonies", "passkeys.tasks.remove_expired", _HOUR),
    Recurring("remove-expired-tokens", "oidc_clients.tasks.remove_expired", _HOUR),
    Recurring("rotate-signing-keys", "oidc_clients.tasks.rotate_keys_when_due", _HOUR),
    Recurring("remove-old-jobs", "config.jobs.tasks.remove_expired", _HOUR),
    Recurring("remove-old-events", "audit.tasks.remove_expired", _DAY),
    Recurring("send-waiting-mail", "mailer.tasks.deliver_waiting", _MINUTE),
    Recurring("give-up-old-mail", "mailer.tasks.remove_expired", 5 * _MINUTE),
    Recurring("refresh-places", "audit.geoip.tasks.refresh", _QUARTER),
)


def synchronise(schedule: tuple[Recurring, ...]) -> None:
    """Bring the recurring jobs' rows in line with ``schedule``. What is there keeps its time and its history."""
    now = timezone.now()
    with transaction.atomic():
        rows = [
            Job(dedupe=_PREFIX + entry.name, task=entry.task, period=entry.period, due_at=now) for entry in schedule
        ]
        Job.objects.bulk_create(rows, ignore_conflicts=True)
        for entry in schedule:
            changed = Job.objects.filter(dedupe=_PREFIX + entry.name).exclude(task=entry.task, period=entry.period)
            changed.update(task=entry.task, period=entry.period, due_at=now, attempts=0)
        known = [_PREFIX + entry.name for entry in schedule]
        Job.objects.filter(dedupe__startswith=_PREFIX).exclude(dedupe__in=known).delete()

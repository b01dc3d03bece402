"""The table of background jobs."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Job(models.Model):
    """One task to run, or one that recurs.

    ``due_at`` is when somebody may take the job: its own time while it waits, the end of the lease while it runs, so
    that a dead worker's job comes due by itself. Whoever finishes a job must still hold ``lease``.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        PARKED = "parked", _("Given up")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    task = models.CharField(_("task"), max_length=200)
    arguments = models.JSONField(_("arguments"), default=dict, blank=True)
    dedupe = models.CharField(max_length=128, null=True, unique=True, editable=False)  # noqa: DJ001  # null is not unique
    period = models.DurationField(_("every"), null=True, blank=True)
    status = models.CharField(_("state"), max_length=8, choices=Status, default=Status.WAITING)
    due_at = models.DateTimeField(_("next run"), default=timezone.now)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    lease = models.UUIDField(null=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    started_at = models.DateTimeField(_("last run"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    result = models.CharField(_("result"), max_length=200, blank=True)
    last_error = models.TextField(_("last error"), blank=True)

    class Meta:
        verbose_name = _("background job")
        verbose_name_plural = _("background jobs")
        indexes = (models.Index(fields=("status", "due_at"), name="hearthkey_job_due"),)

    def __str__(self) -> str:
        return self.task

    @property
    def is_recurring(self) -> bool:
        return self.period is not None

    @property
    def duration(self) -> timedelta | None:
        """How long the last run took, None when there was none or it did not end."""
        if self.started_at is None or self.finished_at is None or self.finished_at < self.started_at:
            return None
        return self.finished_at - self.started_at

"""The audit trail."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Event(models.Model):
    """One thing that happened, never changed afterwards.

    People, clients and sessions are kept as plain identifiers with the name of the moment, so that an event
    outlives what it speaks of.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField(_("time"), default=timezone.now)
    name = models.CharField(_("event"), max_length=64)
    actor_id = models.CharField(max_length=64, blank=True)
    actor_name = models.CharField(_("actor"), max_length=150, blank=True)
    subject_id = models.CharField(max_length=64, blank=True)
    subject_name = models.CharField(_("member"), max_length=150, blank=True)
    client_id = models.CharField(_("client"), max_length=128, blank=True)
    ip_address = models.GenericIPAddressField(_("address"), null=True)
    user_agent = models.CharField(_("user agent"), max_length=500, blank=True)
    session_id = models.CharField(max_length=64, blank=True)
    request_id = models.CharField(_("reference"), max_length=64, blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ("-at", "-id")
        indexes = (
            models.Index(fields=("-at", "-id"), name="hearthkey_event_time"),
            models.Index(fields=("subject_id", "-at"), name="hearthkey_event_subject"),
        )

    def __str__(self) -> str:
        return self.name

"""The browsers' sessions."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class SessionQuerySet(models.QuerySet["Session"]):
    def living(self, *, now: datetime, idle: timedelta) -> Self:
        """Those that neither aged nor idled out."""
        return self.filter(expires_at__gt=now, last_seen_at__gt=now - idle)


class Session(models.Model):
    """One browser's session. The cookie's value is stored nowhere, only its SHA-256 digest (hex).

    ``sid`` claims, audit rows and lists refer to the primary key, which survives a new cookie value.
    The authentication columns are copied from the session entries at each save: ``method``, ``asserted_at`` and
    ``passkey`` say how its member was last recognised, ``began`` and ``began_passkey`` how it began, which no later
    confirmation changes. ``address`` is where it began, ``seen_address`` where it was used last. ``demand`` is the digest
    of a change that waits for an assertion made for it alone. ``epoch`` is the member's ``session_epoch`` at sign-in; None
    is zero.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key_digest = models.CharField(max_length=64, unique=True)
    data = models.TextField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="hearthkey_sessions"
    )
    method = models.CharField(max_length=16, blank=True)
    asserted_at = models.DateTimeField(null=True)
    passkey = models.CharField(max_length=64, blank=True)
    began = models.CharField(max_length=16, blank=True)
    began_passkey = models.CharField(max_length=64, blank=True)
    address = models.CharField(max_length=45, blank=True)
    seen_address = models.CharField(max_length=45, blank=True)
    user_agent = models.CharField(max_length=500, blank=True)
    epoch = models.PositiveIntegerField(null=True)
    demand = models.CharField(max_length=64, blank=True)
    demand_follows = models.DateTimeField(
        null=True, help_text=_("The last assertion before confirmation was required; it doesn't count.")
    )
    created_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(
        db_index=True, help_text=_("When the session expires at the latest. The idle timeout counts from its last use.")
    )

    objects = SessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")

    def __str__(self) -> str:
        return str(self.pk)

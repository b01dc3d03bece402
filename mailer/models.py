"""The outbox."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Message(models.Model):
    """One mail that waits. The row goes when the mail has left or is given up, and its variables with it.

    ``due_at`` is when somebody may try: its own time while it waits, the end of the lease during a try, so that a dead
    worker's mail comes due by itself. Whoever settles a try must still hold ``lease``.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=64)
    recipient = models.CharField(_("to"), max_length=320)
    user_id = models.CharField(_("member's ID"), max_length=64, blank=True)
    language = models.CharField(_("language"), max_length=16, blank=True)
    variables = models.TextField(_("variables"), editable=False, help_text=_("A Fernet token of JSON."))
    created_at = models.DateTimeField(_("since"), default=timezone.now)
    expires_at = models.DateTimeField(_("until"), db_index=True)
    due_at = models.DateTimeField(_("next try"), default=timezone.now, db_index=True)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    lease = models.UUIDField(null=True, editable=False)
    last_error = models.CharField(_("last answer"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("waiting mail")
        verbose_name_plural = _("outgoing mail")
        ordering = ("created_at", "id")
        default_permissions = ("view",)
        permissions = (("send_test_mail", "Can send a test mail"),)

    def __str__(self) -> str:
        return self.kind

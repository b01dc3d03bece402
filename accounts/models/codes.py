"""One-time sign-in codes, who asked for one, and how many wrong ones were typed."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class LoginCode(models.Model):
    """A one-time way to sign in: a link, and a short code to type for who can't open it.

    Only digests (hex) are stored: the plain SHA-256 of the link's 128-bit token, and a keyed one of the code, which
    could be guessed from a plain one. A code that a member asked for is bound to the browser that did:
    ``browser_digest`` is of that browser's secret, which goes into ``code_digest`` too.
    """

    class How(models.TextChoices):
        SHOWN = "shown", _("shown")
        MAILED = "mailed", _("emailed")
        COMMAND = "command", _("command line")
        REQUESTED = "requested", _("requested by email")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="hearthkey_login_codes")
    how = models.CharField(max_length=9, choices=How.choices)
    token_digest = models.CharField(max_length=64, unique=True)
    code_digest = models.CharField(max_length=64, unique=True)
    browser_digest = models.CharField(max_length=64, blank=True, db_index=True)
    wrong_entries = models.PositiveSmallIntegerField(default=0)
    created_by = models.CharField(max_length=64, blank=True, help_text=_("Primary key of the administrator, or empty."))
    sent_to = models.EmailField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("sign-in code")
        verbose_name_plural = _("sign-in codes")

    def __str__(self) -> str:
        return str(self.pk)


class CodeRequest(models.Model):
    """Somebody typed an address to get a code by mail. Whether it is a member's, nobody looked yet."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    address = models.EmailField()
    browser_digest = models.CharField(max_length=64)
    from_address = models.CharField(max_length=64, blank=True)
    user_agent = models.CharField(max_length=512, blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("sign-in code request")
        verbose_name_plural = _("sign-in code requests")

    def __str__(self) -> str:
        return str(self.pk)


class CodeGuard(models.Model):
    """The singleton that counts wrong codes of everybody. Its row is locked while an unbound code is tried.

    ``recent`` holds the times of the wrong entries of the last hour, in seconds since 1970, oldest first.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    recent = models.JSONField(default=list)
    paused_until = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("sign-in code guard")
        verbose_name_plural = _("sign-in code guard")
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="hearthkey_code_guard_is_singleton"),)

    def __str__(self) -> str:
        return str(self.paused_until or "")

"""Sign-ins that wait for somebody to approve them on another device."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class SignInRequest(models.Model):
    """A browser that shows a code and waits. Whoever approves signs it in as themselves.

    The browser keeps a secret in a cookie; what it shows is derived from that. Here are only keyed SHA-256 digests (hex):
    of the secret, of the code, and of what stands in the link. ``claimed_by`` is the member who typed the code first,
    ``answered_by`` who said yes or no, ``session`` and ``passkey`` what they said yes with.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        APPROVED = "approved", _("approved")
        USED = "used", _("used")
        REFUSED = "refused", _("refused")
        CANCELLED = "cancelled", _("cancelled")
        EXPIRED = "expired", _("expired")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    browser_digest = models.CharField(max_length=64, unique=True)
    code_digest = models.CharField(max_length=64, unique=True)
    link_digest = models.CharField(max_length=64, unique=True)
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.WAITING)
    address = models.CharField(max_length=45, blank=True)
    user_agent = models.CharField(max_length=500, blank=True)
    claimed_by = models.CharField(max_length=64, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="hearthkey_sign_in_answers"
    )
    approved_at = models.DateTimeField(null=True)
    session = models.CharField(max_length=64, blank=True)
    passkey = models.CharField(max_length=64, blank=True)
    is_mine = models.BooleanField(default=False)
    is_once = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("sign-in on another device")
        verbose_name_plural = _("sign-ins on another device")

    def __str__(self) -> str:
        return str(self.pk)

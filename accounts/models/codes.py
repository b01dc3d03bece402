"""One-time sign-in codes."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class LoginCode(models.Model):
    """A one-time way to sign in, made by an operator. Only the token's SHA-256 digest (hex) is stored."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="hearthkey_login_codes")
    token_digest = models.CharField(max_length=64, unique=True)
    created_by = models.CharField(max_length=64, blank=True, help_text=_("Primary key of the operator, or empty."))
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("sign-in code")
        verbose_name_plural = _("sign-in codes")

    def __str__(self) -> str:
        return str(self.pk)

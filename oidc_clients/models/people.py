"""Consent of members, and custom claims set by administrators."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .clients import Client


class Consent(models.Model):
    """What a member agreed to share with a client."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="consents")
    scopes = models.JSONField(default=list)
    given_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = (models.UniqueConstraint(fields=("user", "client"), name="hearthkey_consent_user_client"),)

    def __str__(self) -> str:
        return f"{self.user_id} → {self.client_id}"


class CustomClaim(models.Model):
    """A claim that an administrator set for a member or for the members of a group. ``value`` is JSON or plain text."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("member"),
    )
    group = models.ForeignKey(
        Group, on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("group")
    )
    name = models.CharField(_("name"), max_length=128)
    value = models.TextField(_("value"), blank=True)

    class Meta:
        verbose_name = _("custom claim")
        verbose_name_plural = _("custom claims")
        ordering = ("name", "pk")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(user=None, group__isnull=False) | models.Q(user__isnull=False, group=None),
                name="hearthkey_custom_claim_one_owner",
            ),
            models.UniqueConstraint(fields=("user", "name"), name="hearthkey_custom_claim_user_name"),
            models.UniqueConstraint(fields=("group", "name"), name="hearthkey_custom_claim_group_name"),
        )

    def __str__(self) -> str:
        return self.name

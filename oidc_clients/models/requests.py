"""Pending authorization requests."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from .clients import Client


class PushedRequest(models.Model):
    """A pushed authorization request (RFC 9126). ``uri_digest`` is the SHA-256 (hex) of its ``request_uri``."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    uri_digest = models.CharField(max_length=64, unique=True)
    parameters = models.JSONField()
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("pushed request")
        verbose_name_plural = _("pushed requests")

    def __str__(self) -> str:
        return str(self.id)


class Interaction(models.Model):
    """A valid authorization request that waits for the member. Bound to one browser and used once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    parameters = models.JSONField()
    browser_digest = models.CharField(max_length=64)
    chosen_user = models.CharField(max_length=64, blank=True)
    arrived_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    completed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("pending sign-in")
        verbose_name_plural = _("pending sign-ins")

    def __str__(self) -> str:
        return str(self.id)

"""Members' sessions at clients, and the logout tokens sent to clients."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .clients import Client


class ClientSession(models.Model):
    """A member's session at a client.

    ``sid`` is the public ID of the session in which the member authorized the client; a device grant has its own. The
    row records its own end, so deleting expired rows decides nothing: ``signed_out_at`` ends everything except what
    ``offline_access`` allows, ``ended_at`` ends everything. ``user_agent`` and ``ip_address`` are set only for devices;
    for browsers, the browser's session has them.
    """

    class Kind(models.TextChoices):
        BROWSER = "browser", _("Browser")
        DEVICE = "device", _("Device")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="sessions")
    sid = models.CharField(max_length=64)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.BROWSER)
    started_at = models.DateTimeField(default=timezone.now)
    authorized_at = models.DateTimeField(default=timezone.now)
    signed_out_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    user_agent = models.CharField(max_length=512, blank=True)
    ip_address = models.GenericIPAddressField(null=True, blank=True)

    class Meta:
        verbose_name = _("client session")
        verbose_name_plural = _("client sessions")
        constraints = (
            models.UniqueConstraint(fields=("client", "user", "sid"), name="hearthkey_client_session_sid_once"),
        )
        indexes = (models.Index(fields=("sid",), name="hearthkey_client_session_sid"),)

    def __str__(self) -> str:
        return str(self.id)


class LogoutDelivery(models.Model):
    """A logout token to be sent to a client (OpenID Connect Back-Channel Logout). Each attempt signs a new one.

    ``unanswered_at`` is the time since which the client hasn't answered at all, or None.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="logout_deliveries")
    sub = models.CharField(_("member"), max_length=64)
    sid = models.CharField(_("session"), max_length=64)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)
    unanswered_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(_("last error"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("logout delivery")
        verbose_name_plural = _("logout deliveries")

    def __str__(self) -> str:
        return str(self.id)

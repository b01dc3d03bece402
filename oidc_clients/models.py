"""The six django-oauth-toolkit models, swapped, and what Hearthkey keeps beside them."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import Group
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import (
    AbstractAccessToken,
    AbstractApplication,
    AbstractDeviceGrant,
    AbstractGrant,
    AbstractIDToken,
    AbstractRefreshToken,
)


class Client(AbstractApplication):
    """A registered relying party."""

    user = None
    client_secret = None
    hash_client_secret = None
    allowed_origins = None
    authorization_grant_type = None

    client_id = models.CharField(_("client ID"), max_length=128, unique=True)
    name = models.CharField(_("name"), max_length=50)
    description = models.CharField(_("description"), max_length=150, blank=True)
    launch_url = models.CharField(_("launch URL"), max_length=2000, blank=True)
    redirect_uris = models.JSONField(_("callback URLs"), default=list, blank=True)
    post_logout_redirect_uris = models.JSONField(_("logout callback URLs"), default=list, blank=True)
    pkce_required = models.BooleanField(_("require PKCE"), default=False)
    requires_fresh_passkey = models.BooleanField(_("requires fresh passkey"), default=False)
    issues_refresh_tokens = models.BooleanField(_("issue refresh tokens"), default=True)
    is_restricted = models.BooleanField(_("restricted"), default=True)
    allowed_groups = models.ManyToManyField(Group, blank=True, verbose_name=_("allowed groups"), related_name="+")

    class Meta:
        verbose_name = _("OIDC client")
        verbose_name_plural = _("OIDC clients")
        ordering = ("name",)


class Grant(AbstractGrant):
    """An authorization code; ``code`` holds its SHA-256 digest (hex)."""


class AccessToken(AbstractAccessToken):
    """An access token; only its checksum is stored."""


class RefreshToken(AbstractRefreshToken):
    """A refresh token; only its checksum is stored."""

    class Meta(AbstractRefreshToken.Meta):
        pass


class IDToken(AbstractIDToken):
    """Required by django-oauth-toolkit's schema; Hearthkey keeps no ID tokens."""


class DeviceGrant(AbstractDeviceGrant):
    """A device grant of RFC 8628."""

    class Meta(AbstractDeviceGrant.Meta):
        pass


class ClientSecret(models.Model):
    """One of a client's secrets. Only the SHA-256 digest (hex) is stored."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="secrets")
    digest = models.CharField(max_length=64)
    prefix = models.CharField(max_length=4)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("client secret")
        verbose_name_plural = _("client secrets")

    def __str__(self) -> str:
        return f"{self.prefix}…"
